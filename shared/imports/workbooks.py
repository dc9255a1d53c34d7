"""Workbooks that are small as they come and would fill the memory once they are read."""

import io
import lzma
import re
import zipfile
import zlib

from shared.errors import Invalid

LARGEST_UNPACKED = 160 * 1024 * 1024
"""Of all parts: what a reader holds of their text at most."""
MOST_CELLS = 4_000_000
"""Of a sheet, the empty ones between the others too: a reader makes room for all of them, some 32 bytes each."""
MOST_STRINGS = 2_000_000
"""Of those that cells share: a reader keeps each, with some 50 bytes besides its text.

Together they keep a process that reads the worst of all workbooks within the 512 MiB that a container gives it.
"""

CHUNK = 1024 * 1024
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
"""What the standard library raises at archives that are none, or are damaged."""

# A cell with a value (those that only have a format end in "/>" and take no room), or a row.
PLACE = re.compile(
    rb"""<(?:\w+:)?(?:c\s[^<>]*?\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["'][^<>]*(?<!/)>"""
    rb"""|row\s[^<>]*?\br\s*=\s*["'](\d{1,7})["'])"""
)

STRING = re.compile(rb"<(?:\w+:)?si[\s/>]")


def refuse_bomb(data: bytes, *, largest: int = LARGEST_UNPACKED, most_cells: int = MOST_CELLS) -> None:
    """Refuse a workbook of more than `largest` bytes when unpacked, or of a sheet so wide and long; Invalid says so."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > largest:
                raise Invalid(f"The workbook has more than {largest} bytes when unpacked.", code="import-too-long")
            for name in archive.namelist():
                # Which of them are sheets a workbook says itself, so all are looked at.
                _refuse_wide(archive, name, most_cells)
    except UNREADABLE as error:
        raise Invalid(f"The workbook cannot be read: {error}.", code="import-not-xlsx") from None


def _refuse_wide(archive: zipfile.ZipFile, name: str, most_cells: int) -> None:
    """Refuse a sheet with a cell so far out that the rectangle up to it has more cells, and a list of many strings."""
    height = width = 1
    strings = 0
    rest = b""
    with archive.open(name) as sheet:
        while part := sheet.read(CHUNK):
            text = rest + part
            for column, row, row_alone in PLACE.findall(text):
                height = max(height, int(row or row_alone))
                width = max(width, _number_of(column))
            if height * width > most_cells:
                raise Invalid(f"The sheet reaches over more than {most_cells} cells.", code="import-too-long")
            strings += len(STRING.findall(text))
            if strings > MOST_STRINGS:
                raise Invalid(f"The workbook has more than {MOST_STRINGS} texts.", code="import-too-long")
            begins = text.rfind(b"<")
            rest = text[begins:] if begins >= 0 else b""  # a tag that goes on in the next part
            if len(rest) > CHUNK:
                raise Invalid("The workbook cannot be read: it has a tag without an end.", code="import-not-xlsx")


def _number_of(column: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - 64
    return number
