"""Reading files of rows: CSV, NDJSON and XLSX, with the line of every record."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import python_calamine

from shared.errors import Invalid, Unsupported
from shared.imports.kinds import ImportKind

CSV = "text/csv"
NDJSON = "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = (CSV, NDJSON, XLSX)
ZIP_MAGIC = b"PK\x03\x04"
MOST_ROWS = 200_000
LARGEST_UNPACKED = 400 * 1024 * 1024
TOO_MANY_CELLS = "more cells than the header has columns"

Record = tuple[int, dict[str, str]]


def media_type_of(content_type: str | None) -> str:
    """The media type in a Content-Type header, if it is one that imports read."""
    media_type = (content_type or "").split(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Unsupported(f"Send {', '.join(MEDIA_TYPES)}; the Content-Type is {media_type or 'missing'}.")
    return media_type


def check_beginning(kind: ImportKind, media_type: str, beginning: bytes) -> None:
    """Refuse at once what its first bytes show not to be such a file; Invalid says why."""
    if not beginning.removeprefix(b"\xef\xbb\xbf").strip():
        raise Invalid("The file is empty.", code="import-empty")
    is_zip = beginning.startswith(ZIP_MAGIC)
    if is_zip and media_type != XLSX:
        raise Invalid(f"The file is a ZIP archive (perhaps XLSX), not {media_type}.", code="import-not-text")
    if media_type == XLSX and not is_zip:
        raise Invalid("The file is not an XLSX workbook.", code="import-not-xlsx")
    if media_type == CSV:
        first_line = decode(beginning.splitlines()[0])
        try:
            header = next(csv.reader([first_line]), [])
        except csv.Error as error:
            raise Invalid(f"Line 1: {error}.", code="import-csv") from None
        check_header(kind, [name.strip() for name in header])


def check_header(kind: ImportKind, header: list[str]) -> None:
    """Refuse a file that lacks a column, has an unknown one, or has one twice; Invalid names them all."""
    unknown = [name for name in header if name not in kind.columns]
    missing = [name for name in kind.required if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    complaints = [
        f"{what} {', '.join(repr(name) for name in names)}"
        for what, names in (
            ("unknown column", unknown),
            ("missing column", missing),
            ("column given twice:", twice),
        )
        if names
    ]
    if complaints:
        raise Invalid(
            f"The header does not fit: {'; '.join(complaints)}. Columns of {kind.name}: {', '.join(kind.columns)} "
            f"(required: {', '.join(kind.required)}).",
            code="import-header",
        )


def read_records(kind: ImportKind, media_type: str, data: bytes) -> Iterator[Record]:
    """The records of a file as (line, column -> text), blank lines left out; Invalid where it cannot be read on."""
    if media_type == CSV:
        yield from _read_csv(kind, data)
    elif media_type == NDJSON:
        yield from _read_ndjson(kind, data)
    else:
        yield from _read_xlsx(kind, data)


def count_records(kind: ImportKind, media_type: str, data: bytes) -> int:
    """How many records a file has; Invalid where it cannot be read, or has too many."""
    total = sum(1 for _ in read_records(kind, media_type, data))
    if total > MOST_ROWS:
        raise Invalid(f"The file has {total} rows; the most is {MOST_ROWS}. Split it.", code="import-too-long")
    return total


def decode(data: bytes) -> str:
    """UTF-8 text, a byte-order mark left out; Invalid names the line of the first byte that is none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Invalid(
            f"The file is not UTF-8: line {line} has the byte 0x{data[error.start]:02X}. Save it as UTF-8.",
            code="import-encoding",
        ) from None


def _read_csv(kind: ImportKind, data: bytes) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(decode(data), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        check_header(kind, header)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                record = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
                if len(cells) > len(header):
                    record[""] = TOO_MANY_CELLS
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num}: {error}.", code="import-csv") from None


def _read_ndjson(kind: ImportKind, data: bytes) -> Iterator[Record]:
    for line, text in enumerate(decode(data).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield line, {"": f"not JSON: {error}"}
            continue
        if not isinstance(value, dict):
            yield line, {"": "not a JSON object"}
            continue
        unknown = sorted(value.keys() - set(kind.columns))
        if unknown:
            yield line, {"": f"unknown column {', '.join(map(repr, unknown))}"}
            continue
        nested = sorted(name for name, cell in value.items() if _is_nested(cell))
        if nested:
            yield line, {"": f"{', '.join(map(repr, nested))}: only a value or a list of values can stand here"}
            continue
        yield line, {name: _as_text(cell) for name, cell in value.items()}


def _read_xlsx(kind: ImportKind, data: bytes) -> Iterator[Record]:
    _refuse_bomb(data)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, IndexError, OSError, ValueError) as error:
        raise Invalid(f"The workbook cannot be read: {error}.", code="import-not-xlsx") from None
    header = [_as_text(cell) for cell in sheet[0]] if sheet else []
    while header and not header[-1]:
        header.pop()
    check_header(kind, header)
    for line, cells in enumerate(sheet[1:], start=2):
        record = {name: _as_text(cell) for name, cell in zip(header, cells, strict=False)}
        if any(_as_text(cell) for cell in cells[len(header) :]):
            record[""] = TOO_MANY_CELLS
        if any(record.values()):
            yield line, record


def _refuse_bomb(data: bytes) -> None:
    """Refuse a workbook that is small as it came and huge when it is unpacked; Invalid says so."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Invalid(f"The workbook cannot be read: {error}.", code="import-not-xlsx") from None
    if unpacked > LARGEST_UNPACKED:
        raise Invalid(f"The workbook has more than {LARGEST_UNPACKED} bytes when unpacked.", code="import-too-long")


def _is_nested(cell: Any) -> bool:
    """Whether a cell holds more than a value or a list of values."""
    return isinstance(cell, dict) or (isinstance(cell, list) and any(isinstance(part, dict | list) for part in cell))


def _as_text(cell: Any) -> str:
    """A cell's value as a CSV would write it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    if isinstance(cell, list):
        return "|".join(_as_text(part) for part in cell)
    return re.sub(r"\r\n?", "\n", str(cell)).strip()
