"""Tables for people's spreadsheets: CSV that no cell can turn into a formula, and XLSX."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Self
from uuid import UUID

import xlsxwriter

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | float | Decimal | date | datetime | UUID | None

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""Without it Excel reads a CSV in the machine's own code page, and a Chinese name as noise."""

LONGEST_CELL: Final = 32_767
"""Characters; Excel's own limit. Longer text is cut in a workbook, never in a CSV."""

LONGEST_LIST: Final = 255
"""Characters of a drop-down list with its commas; Excel's own limit."""

FIRST_DAY: Final = date(1900, 3, 1)
"""Excel's calendar has a day too many before; earlier days are written as text."""

# A tab, a line break, or what a spreadsheet takes for the beginning of a formula, in all its widths, also behind what
# spreadsheets skip when they look for one.
FORMULA = re.compile(
    r"[\t\r\n]|[\s\x00-\x1f\u200b\ufeff]*[=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
)

WIDEST_COLUMN, PADDING = 60, 2


def csv_block(rows: Iterable[Sequence[Cell]]) -> bytes:
    """These rows as lines of a CSV (RFC 4180, UTF-8).

    Text that a spreadsheet could take for a formula gets an apostrophe before it; numbers stay numbers, negative ones
    too. A CSV is for people: nothing here takes the apostrophe away again, so a file that is to come back is a
    workbook, in which text is text.
    """
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows([[_csv_cell(cell) for cell in row] for row in rows])
    return lines.getvalue().encode()


def csv_head(header: Sequence[str]) -> bytes:
    """What a CSV begins with: the byte-order mark and the line of names."""
    return BYTE_ORDER_MARK + csv_block([header])


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A whole CSV, line by line; see `csv_block` for its cells."""
    yield csv_head(header)
    for row in rows:
        yield csv_block([row])


def _csv_cell(cell: Cell) -> str | int | float:
    if isinstance(cell, str):
        return f"'{cell}" if FORMULA.match(cell) else cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    return cell if isinstance(cell, int | float) else str(cell)


class Workbook:
    """A workbook of one sheet, written row by row in constant memory; its text is never a formula or a link.

    Where `editable` names columns, the sheet is protected (against slips: without a password) but for these. `choices`
    gives columns drop-down lists; `dates` names columns whose empty cells are to be filled with dates. Days are real
    dates; moments are UTC, without a zone, since Excel knows none.
    """

    def __init__(
        self,
        title: str,
        header: Sequence[str],
        *,
        editable: Collection[str] = (),
        dates: Collection[str] = (),
        choices: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Begin it. Raises ValueError where a drop-down list is longer than Excel's 255 characters."""
        self._header, self._rows, self._choices = list(header), 0, dict(choices or {})
        self._editable, self._dates = frozenset(editable), frozenset(dates)
        for name, values in self._choices.items():
            if len(",".join(values)) > LONGEST_LIST or any("," in value for value in values):
                raise ValueError(f"{name}: a drop-down list takes {LONGEST_LIST} characters, and no commas inside")
        self._output = io.BytesIO()
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self._output, options)
        self._sheet = self._book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31].strip("' ") or "Sheet1")
        self._formats = {
            (shape, is_open): self._book.add_format(
                {"locked": not is_open, "valign": "top", **({"num_format": shape} if shape else {})}
            )
            for shape in ("", "@", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss")
            for is_open in (False, True)
        }
        bold = self._book.add_format({"bold": True, "locked": True})
        self._widths = [len(name) for name in self._header]
        for column, name in enumerate(self._header):
            self._sheet.write_string(0, column, name, bold)
        self._sheet.freeze_panes(1, 0)

    def __enter__(self) -> Self:
        """At the end of the block its temporary file goes, whether it was finished or not."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let the temporary file go."""
        if not self._book.fileclosed:
            self._book.close()

    def add_rows(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write further rows. Raises ValueError where the sheet is full."""
        for row in rows:
            self._rows += 1
            for column, (name, cell) in enumerate(zip(self._header, row, strict=True)):
                written = self._write(column, cell, is_open=name in self._editable, is_date=name in self._dates)
                if written != 0:
                    raise ValueError(f"row {self._rows} does not fit the sheet")
                if len(str(cell)) > self._widths[column] and cell is not None:
                    self._widths[column] = len(str(cell))

    def close(self) -> bytes:
        """Finish it; its content. To be called once."""
        last = max(self._rows, 1)
        for column, name in enumerate(self._header):
            self._sheet.set_column(column, column, min(self._widths[column], WIDEST_COLUMN) + PADDING)
            if name in self._choices:
                rule = {"validate": "list", "source": list(self._choices[name])}
                self._sheet.data_validation(1, column, last, column, rule)
        self._sheet.autofilter(0, 0, last, len(self._header) - 1)
        if self._editable:
            self._sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
        self.__exit__()
        return self._output.getvalue()

    def _write(self, column: int, cell: Cell, *, is_open: bool, is_date: bool) -> int:
        sheet, at = self._sheet, (self._rows, column)
        # Text form where people write: "3-4" stays what it was, and no date.
        plain = self._formats["@" if is_open and not is_date else "yyyy-mm-dd" if is_date else "", is_open]
        written: Any
        if cell is None or cell == "":
            written = sheet.write_blank(*at, None, plain)
        elif isinstance(cell, bool):
            written = sheet.write_boolean(*at, cell, plain)
        elif isinstance(cell, int | float | Decimal):
            written = sheet.write_number(*at, float(cell), self._formats["", is_open])
        elif isinstance(cell, datetime) and cell.date() >= FIRST_DAY:
            moment = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
            written = sheet.write_datetime(*at, moment, self._formats["yyyy-mm-dd hh:mm:ss", is_open])
        elif isinstance(cell, date) and not isinstance(cell, datetime) and cell >= FIRST_DAY:
            written = sheet.write_datetime(*at, cell, self._formats["yyyy-mm-dd", is_open])
        else:
            written = sheet.write_string(*at, str(cell)[:LONGEST_CELL], plain)
        return int(written)


def workbook(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    editable: Collection[str] = (),
    dates: Collection[str] = (),
    choices: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """A whole workbook at once; see `Workbook`. It takes time: not to be called on the event loop for many rows."""
    with Workbook(title, header, editable=editable, dates=dates, choices=choices) as book:
        book.add_rows(rows)
        return book.close()
