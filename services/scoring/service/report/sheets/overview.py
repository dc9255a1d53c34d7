"""The workbook's first sheet: which review it is, how its grades and tiers are spread, and how that developed."""

from collections.abc import Sequence
from typing import Any

from services.scoring.domain.report import Pack, Part
from services.scoring.service.report.document import facts, warnings
from services.scoring.service.report.sheets.charts import bar_chart
from services.scoring.service.report.sheets.writing import PERCENT, WHOLE, Book, Field, Placed
from services.scoring.service.report.voice import Voice

HUNDRED = 100.0
CHARTS_AT = 7
LINE_HEIGHT, CHARACTERS_A_LINE = 16, 60


def write(book: Book, pack: Pack, voice: Voice) -> None:
    """Write it."""
    sheet = book.sheet(voice.say("overview"))
    row = book.top
    sheet.write_string(row, 0, voice.say("title", quarter=pack.edition.quarter), book.title)
    sheet.set_row(row, 26)
    row += 2
    for name, value in facts(pack, voice):
        sheet.write_string(row, 0, name, book.bold)
        sheet.merge_range(row, 1, row, 5, "", book.wrapped)
        _write_fact(sheet, row, value, book)
        row += 1
    sheet.write_string(row, 0, voice.say("warnings"), book.bold)
    for warning in warnings(pack, voice) or [voice.say("no_warnings")]:
        sheet.merge_range(row, 1, row, 5, "", book.wrapped)
        _write_fact(sheet, row, warning, book)
        row += 1
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 5, 13)
    placed = _parts(book, sheet, pack, voice, "grade", pack.grades, row + 1)
    _insert_chart(book, pack, voice, "grade", placed, at=2)
    placed = _parts(book, sheet, pack, voice, "tier", pack.tiers, placed.last + 2)
    _insert_chart(book, pack, voice, "tier", placed, at=20)


def _write_fact(sheet: Any, row: int, value: str, book: Book) -> None:
    """Whole numbers as such."""
    if value.isdecimal():
        sheet.write_number(row, 1, int(value), book.wrapped)
    else:
        sheet.write_string(row, 1, value, book.wrapped)
        sheet.set_row(row, LINE_HEIGHT * (1 + len(value) // CHARACTERS_A_LINE))


def _parts(book: Book, sheet: Any, pack: Pack, voice: Voice, kind: str, parts: Sequence[Part], row: int) -> Placed:
    now, before = pack.edition.quarter, pack.quarter_before
    fields = [Field(voice.say(kind)), Field(now, WHOLE), Field(voice.say("percent_in", quarter=now), PERCENT)]
    rows: list[list[Any]] = [[voice.name(kind, part.name), part.count, part.percent / HUNDRED] for part in parts]
    if pack.movement is not None:
        fields += [Field(before, WHOLE), Field(voice.say("percent_in", quarter=before), PERCENT)]
        rows = [
            [*row, part.count_before, (part.percent_before or 0.0) / HUNDRED]
            for row, part in zip(rows, parts, strict=True)
        ]
    return book.table(sheet, fields, rows, at=(row, 0), sets_widths=False)


def _insert_chart(book: Book, pack: Pack, voice: Voice, kind: str, placed: Placed, *, at: int) -> None:
    title = voice.say(f"{kind}s_chart")
    chart = bar_chart(book, title, placed, [1] if pack.movement is None else [1, 3])
    placed.sheet.insert_chart(at, CHARTS_AT, chart, {"description": title})
