"""Writing tables of a workbook: a mark where it is a draft, a header that stays, columns as wide as what is in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.sheets import LONGEST_CELL, PADDING, WIDEST_COLUMN

Cell = str | int | float | date | None
LONGEST_NAME = 31
HEADER_HEIGHT, PROSE_WIDTH = 32, 42
A3, A4 = 8, 9
LEAST = 0.005  # half of what the figures are rounded to
TWO_DECIMALS, SIGNED, WHOLE, PERCENT, DAY = "0.00", "+0.00;-0.00;0.00", "0", "0.0%", "yyyy-mm-dd"


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, how its numbers are written, and whether its texts are sentences, which are wrapped."""

    name: str
    shape: str = ""
    is_prose: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a table stands, rows and columns counted from 0; `last` is its last row, the header's where it is empty."""

    sheet: Any
    name: str
    header: int
    first: int
    last: int
    left: int

    def cells(self, column: int) -> list[Any]:
        """A column's cells as charts name them."""
        return [self.name, self.first, self.left + column, self.last, self.left + column]

    def title(self, column: int) -> list[Any]:
        """A column's header as charts name it."""
        return [self.name, self.header, self.left + column]


class Book:
    """A workbook under way."""

    def __init__(self, written: Any, running: str, draft: str) -> None:
        """`running` stands on every printed page, `draft` above every table where it is not empty."""
        self.written, self._running, self._draft = written, running, draft
        self._shapes: dict[str, Any] = {}
        self.bold = written.add_format({"bold": True, "valign": "top"})
        self.title = written.add_format({"bold": True, "font_size": 16, "font_color": "#12496B"})
        self.wrapped = written.add_format({"text_wrap": True, "valign": "top", "align": "left"})
        self.header = written.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 2})
        self.warning = written.add_format({"bold": True, "font_color": "#A4161A"})
        self.weak = written.add_format({"bg_color": "#FBE3E4", "font_color": "#6B0F13", "bold": True})
        self.middling = written.add_format({"bg_color": "#FFF3CD", "font_color": "#4D3800"})

    def sheet(self, name: str, *, paper: int = A4) -> Any:
        """A new sheet, set up for printing; a draft says so in its first line and on every printed page."""
        sheet = self.written.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:LONGEST_NAME])
        sheet.set_paper(paper)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        mark = self._draft.partition(":")[0]
        sheet.set_header(f"&L{_escaped(self._running)}" + (f"&R&B{_escaped(mark)}" if mark else ""))
        sheet.set_footer("&R&P / &N")
        if self._draft:
            sheet.write_string(0, 0, self._draft, self.warning)
        return sheet

    @property
    def top(self) -> int:
        """The first row that is free on a new sheet."""
        return 1 if self._draft else 0

    def table(
        self,
        sheet: Any,
        fields: Sequence[Field],
        rows: Sequence[Sequence[Cell]],
        *,
        at: tuple[int, int],
        sets_widths: bool = True,
    ) -> Placed:
        """Write a table."""
        top, left = at
        # Programs fit only those rows by themselves that nobody gave a height.
        sheet.set_row(top, HEADER_HEIGHT)
        for column, field in enumerate(fields):
            sheet.write_string(top, left + column, field.name, self.header)
            for n, row in enumerate(rows, start=1):
                self._write(sheet, top + n, left + column, row[column], field)
            if sets_widths:
                shown = [_width(max(field.name.split(), key=_width)), *(_width(row[column]) for row in rows)]
                width = PROSE_WIDTH if field.is_prose else min(max(shown), WIDEST_COLUMN) + PADDING
                sheet.set_column(left + column, left + column, width)
        return Placed(sheet, sheet.get_name(), top, top + 1, top + len(rows), left)

    def list_of(self, name: str, fields: Sequence[Field], rows: Sequence[Sequence[Cell]], *, paper: int = A4) -> Placed:
        """A sheet that is one table, with filters and a header that stays where it is and comes on every page."""
        sheet = self.sheet(name, paper=paper)
        placed = self.table(sheet, fields, rows, at=(self.top, 0))
        sheet.freeze_panes(placed.first, 2)
        sheet.repeat_rows(placed.header)
        sheet.autofilter(placed.header, 0, max(placed.last, placed.first), len(fields) - 1)
        return placed

    def mark(self, placed: Placed, column: int, looks: Mapping[str, Any]) -> None:
        """Have a column's cells stand out where they say one of these."""
        for said, look in looks.items():
            rule = {"type": "cell", "criteria": "==", "value": '"{}"'.format(said.replace('"', '""')), "format": look}
            placed.sheet.conditional_format(*self._area(placed, column), rule)

    def mark_below(self, placed: Placed, column: int, weak: float | None, middling: float | None) -> None:
        """Have a column's figures stand out where they are below one of these, blanks never."""
        for edge, look in ((weak, self.weak), (middling, self.middling)):
            if edge is not None:
                rule = {"type": "cell", "criteria": "between", "minimum": 0, "maximum": edge - LEAST, "format": look}
                placed.sheet.conditional_format(*self._area(placed, column), {**rule, "stop_if_true": True})

    def _area(self, placed: Placed, column: int) -> tuple[int, int, int, int]:
        at = placed.left + column
        return placed.first, at, max(placed.last, placed.first), at

    def _write(self, sheet: Any, row: int, column: int, cell: Cell, field: Field) -> None:
        written = self.wrapped if field.is_prose else self.shape(field.shape)
        if cell is None:
            sheet.write_blank(row, column, None, written)
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell, written)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self.shape(DAY))
        else:
            sheet.write_string(row, column, cell[:LONGEST_CELL], written)

    def shape(self, shape: str) -> Any:
        """How a cell's number is written."""
        if shape not in self._shapes:
            self._shapes[shape] = self.written.add_format({"valign": "top", **({"num_format": shape} if shape else {})})
        return self._shapes[shape]


def _escaped(text: str) -> str:
    return text.replace("&", "&&")


def _width(cell: Cell) -> int:
    if isinstance(cell, str):
        # Chinese characters take two of the columns' units.
        return sum(2 if ord(char) > 0x2E7F else 1 for char in cell)  # noqa: PLR2004
    return 0 if cell is None else 10
