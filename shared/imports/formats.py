"""Reading CSV, NDJSON and XLSX: the records of a file under its own names of columns, each with its line."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from itertools import chain
from typing import Any

import python_calamine

from shared.errors import Invalid
from shared.imports.columns import Cell
from shared.imports.encodings import Encoding, lines_of
from shared.imports.workbooks import refuse_bomb

DELIMITERS = ",;\t"
"""Excel writes a semicolon where the comma is the decimal sign."""
DECLARED_DELIMITER = re.compile(r'"?sep=([,;|:\t])"?', re.IGNORECASE)
QUOTED = re.compile('"[^"]*"')
SHOWN = (python_calamine.SheetTypeEnum.WorkSheet, python_calamine.SheetVisibleEnum.Visible)
TOO_MANY_CELLS = "more cells than the header has columns"

RawRow = tuple[int, list[Cell]]
"""The line on which a row begins, and its cells."""
Record = tuple[int, dict[str, Cell]]
"""A line and its cells by column; under the empty name why the line as a whole cannot be read."""
CheckHeader = Callable[[list[str]], None]


def read_csv(data: bytes, encoding: Encoding, check_header: CheckHeader) -> Iterator[Record]:
    """The records of a CSV, blank lines left out; Invalid where it cannot be read on."""
    return _under_their_header(_csv_rows(data, encoding), check_header)


def read_header(data: bytes, encoding: Encoding) -> list[str]:
    """The names of a CSV's columns."""
    return _names(next(_csv_rows(data, encoding), (1, []))[1])


def read_ndjson(data: bytes, encoding: Encoding) -> Iterator[Record]:
    """The records of a file of JSON objects, one a line."""
    for line, text in enumerate(lines_of(data, encoding, newline="\n"), start=1):
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
        nested = sorted(name for name, cell in value.items() if _is_nested(cell))
        if nested:
            yield line, {"": f"{', '.join(map(repr, nested))}: only a value or a list of values can stand here"}
            continue
        record = {name.strip(): _as_cell(cell) for name, cell in value.items()}
        yield line, {"": "a column without a name"} if "" in record else record


def open_sheet(data: bytes) -> python_calamine.CalamineSheet:
    """The first sheet that a workbook shows; Invalid where it is none, or too large when unpacked."""
    refuse_bomb(data)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        shown = [sheet.name for sheet in book.sheets_metadata if (sheet.typ, sheet.visible) == SHOWN]
        if not shown:
            raise Invalid("The workbook shows no sheet.", code="import-not-xlsx")
        return book.get_sheet_by_name(shown[0])
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Invalid(f"The workbook cannot be read: {error}.", code="import-not-xlsx") from None


def read_sheet(sheet: python_calamine.CalamineSheet, check_header: CheckHeader) -> Iterator[Record]:
    """The records of a sheet, whose first row holds the names; blank rows left out."""
    rows = enumerate(([_as_cell(cell) for cell in cells] for cells in sheet.iter_rows()), start=1)
    return _under_their_header((row for row in rows if any(row[1])), check_header)


def _csv_rows(data: bytes, encoding: Encoding) -> Iterator[RawRow]:
    """The rows of a CSV that are not blank.

    A line `sep=;` before the header declares what separates the cells, as Excel has it; else it is that of the
    delimiters that comes most in the header.
    """
    lines = lines_of(data, encoding, newline="")
    line, header = next(((n, text) for n, text in enumerate(lines, start=1) if text.strip()), (1, ""))
    declared = DECLARED_DELIMITER.fullmatch(header.rstrip("\r\n"))
    if declared is not None:
        line, header = line + 1, next(lines, "")
    delimiter = declared[1] if declared is not None else max(DELIMITERS, key=QUOTED.sub("", header).count)
    lines_above = line - 1
    reader = csv.reader(chain([header], lines), delimiter=delimiter, strict=True)
    try:
        for texts in reader:
            cells: list[Cell] = [_tidy(text) for text in texts]
            if any(cells):
                yield line, cells
            line = lines_above + reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"The row that begins on line {line}: {error}.", code="import-csv") from None


def _under_their_header(rows: Iterator[RawRow], check_header: CheckHeader) -> Iterator[Record]:
    header = _names(next(rows, (1, []))[1])
    check_header(header)
    for line, cells in rows:
        record = dict(zip(header, cells, strict=False))
        if any(cells[len(header) :]):
            record[""] = TOO_MANY_CELLS
        yield line, record


def _names(cells: list[Cell]) -> list[str]:
    """The names in a header, without the empty cells at its end."""
    names = [str(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if any("\x00" in name for name in names):
        raise Invalid(
            "The header has NUL characters, as text in UTF-16 without its mark: save the file as UTF-8.",
            code="import-encoding",
        )
    return names


def _is_nested(cell: Any) -> bool:
    """Whether a cell holds more than a value or a list of values."""
    return isinstance(cell, dict) or (isinstance(cell, list) and any(isinstance(part, dict | list) for part in cell))


def _as_cell(cell: Any) -> Cell:
    """A cell's value as a CSV would write it; a day that the file knows to be one stays a day."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, list):
        return "|".join(str(_as_cell(part)) for part in cell)
    return _tidy(str(cell))


def _tidy(text: str) -> str:
    """Text without blanks around it, its line breaks those of Unix."""
    return re.sub(r"\r\n?", "\n", text).strip() if "\r" in text else text.strip()
