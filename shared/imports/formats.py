"""Reading CSV, NDJSON and XLSX: the records of a file under its own names of columns, each with its line."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

import python_calamine

from shared.errors import Invalid
from shared.imports.columns import Cell
from shared.imports.encodings import Encoding, lines_of
from shared.imports.workbooks import refuse_bomb

TOO_MANY_CELLS = "more cells than the header has columns"

Record = tuple[int, dict[str, Cell]]
"""A line and its cells by column; under the empty name why the line as a whole cannot be read."""
CheckHeader = Callable[[list[str]], None]


def read_csv(data: bytes, encoding: Encoding, check_header: CheckHeader) -> Iterator[Record]:
    """The records of a CSV, blank lines left out; Invalid where it cannot be read on."""
    reader = csv.reader(lines_of(data, encoding, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        check_header(header)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                record: dict[str, Cell] = {name: _tidy(cell) for name, cell in zip(header, cells, strict=False)}
                if len(cells) > len(header):
                    record[""] = TOO_MANY_CELLS
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num}: {error}.", code="import-csv") from None


def read_header(data: bytes, encoding: Encoding) -> list[str]:
    """The names of a CSV's columns."""
    reader = csv.reader(lines_of(data, encoding, newline=""))
    try:
        return [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise Invalid(f"Line 1: {error}.", code="import-csv") from None


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
        yield line, {name.strip(): _as_cell(cell) for name, cell in value.items()}


def open_sheet(data: bytes) -> python_calamine.CalamineSheet:
    """The first sheet of a workbook; Invalid where it is none, or too large when unpacked."""
    refuse_bomb(data)
    try:
        return python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0)
    except (python_calamine.CalamineError, IndexError, OSError, ValueError) as error:
        raise Invalid(f"The workbook cannot be read: {error}.", code="import-not-xlsx") from None


def read_sheet(sheet: python_calamine.CalamineSheet, check_header: CheckHeader) -> Iterator[Record]:
    """The records of a sheet, whose first row holds the names; blank rows left out."""
    rows = sheet.iter_rows()
    header = [str(_as_cell(cell)) for cell in next(rows, [])]
    while header and not header[-1]:
        header.pop()
    check_header(header)
    for line, cells in enumerate(rows, start=2):
        record = {name: _as_cell(cell) for name, cell in zip(header, cells, strict=False)}
        if any(_as_cell(cell) for cell in cells[len(header) :]):
            record[""] = TOO_MANY_CELLS
        if any(record.values()):
            yield line, record


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
