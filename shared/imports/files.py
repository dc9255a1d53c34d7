"""A file as it was posted, and what of it can be refused before it is taken in."""

import codecs
from collections.abc import Iterator
from functools import cached_property

import python_calamine

from shared.errors import Invalid, Unsupported
from shared.imports import encodings, formats
from shared.imports.encodings import Encoding
from shared.imports.fitting import Fitting, Line
from shared.imports.formats import Record
from shared.imports.kinds import ImportKind
from shared.imports.mappings import Reading

CSV = "text/csv"
NDJSON = "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = (CSV, NDJSON, XLSX)
ZIP_MAGIC = b"PK\x03\x04"
MOST_ROWS = 200_000


def media_type_of(content_type: str | None) -> str:
    """The media type in a Content-Type header, if it is one that imports read."""
    media_type = (content_type or "").split(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Unsupported(f"Send {', '.join(MEDIA_TYPES)}; the Content-Type is {media_type or 'missing'}.")
    return media_type


def charset_of(content_type: str | None) -> str | None:
    """The charset that a Content-Type header names for a text file, as one of ours; Unsupported where it is none."""
    if media_type_of(content_type) == XLSX:
        return None
    for parameter in (content_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return encodings.named(value).name
    return None


def check_beginning(kind: ImportKind, media_type: str, reading: Reading, beginning: bytes, *, is_whole: bool) -> None:
    """Refuse at once what its first bytes show not to be such a file; Invalid says why."""
    if not beginning.removeprefix(codecs.BOM_UTF8).strip():
        raise Invalid("The file is empty.", code="import-empty")
    is_zip = beginning.startswith(ZIP_MAGIC)
    if is_zip and media_type != XLSX:
        raise Invalid(f"The file is a ZIP archive (perhaps XLSX), not {media_type}.", code="import-not-text")
    if media_type == XLSX and not is_zip:
        raise Invalid("The file is not an XLSX workbook.", code="import-not-xlsx")
    if media_type != XLSX:
        try:
            encoding = encodings.find_encoding(beginning, reading.charset, is_whole=is_whole)
        except Invalid:
            if is_whole:
                raise
            return  # the whole file may tell what its beginning does not
        if media_type == CSV:
            Fitting(kind, reading).check_header(formats.read_header(beginning, encoding))


class ImportedFile:
    """A file of a kind, to be gone through as often as needed, always with the same lines in the same order."""

    def __init__(self, kind: ImportKind, media_type: str, reading: Reading, data: bytes) -> None:
        """Take it as it was posted; Invalid where its encoding is not certain."""
        self._media_type, self._data = media_type, data
        self._splits = reading.split is not None
        self.fitting = Fitting(kind, reading)
        self.encoding: Encoding | None = None if media_type == XLSX else encodings.find_encoding(data, reading.charset)

    def lines(self) -> Iterator[Line]:
        """The rows of the file, blank ones left out; Invalid where it cannot be read on."""
        return self.fitting.lines(self._records())

    def count(self) -> int:
        """How many rows the file has; Invalid where it cannot be read, or has too many."""
        total = sum(1 for _ in (self.lines() if self._splits else self._records()))
        if total > MOST_ROWS:
            raise Invalid(f"The file has {total} rows; the most is {MOST_ROWS}. Split it.", code="import-too-long")
        return total

    def _records(self) -> Iterator[Record]:
        if self.encoding is None:
            return formats.read_sheet(self._sheet, self.fitting.check_header)
        if self._media_type == CSV:
            return formats.read_csv(self._data, self.encoding, self.fitting.check_header)
        return formats.read_ndjson(self._data, self.encoding)

    @cached_property
    def _sheet(self) -> python_calamine.CalamineSheet:
        return formats.open_sheet(self._data)
