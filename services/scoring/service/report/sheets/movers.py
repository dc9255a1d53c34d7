"""The workbook's sheet of who moved against the quarter before."""

from dataclasses import replace

from services.scoring.domain.report import Pack
from services.scoring.service.report.sheets.charts import bar_chart
from services.scoring.service.report.sheets.writing import SIGNED, TWO_DECIMALS, Book, Cell, Field
from services.scoring.service.report.voice import Voice, clean

MOST_IN_CHART = 20


def write(book: Book, pack: Pack, voice: Voice) -> None:
    """Everybody who was there in the quarter before, those who moved most first."""
    movers = sorted(
        pack.movement.movers if pack.movement else (),
        key=lambda each: (each.change is None, -abs(each.change or 0.0), each.card.code),
    )
    fields = [
        Field(voice.say("code")),
        Field(voice.say("name")),
        Field(voice.say("total_in", quarter=pack.quarter_before), TWO_DECIMALS),
        Field(voice.say("total_in", quarter=pack.edition.quarter), TWO_DECIMALS),
        Field(voice.say("change"), SIGNED),
        Field(voice.say("grade_in", quarter=pack.quarter_before)),
        Field(voice.say("grade_in", quarter=pack.edition.quarter)),
    ]
    rows: list[list[Cell]] = [
        [
            clean(each.card.code),
            clean(each.card.name),
            each.total_before,
            each.card.total,
            each.change,
            voice.name("grade", each.grade_before),
            voice.name("grade", each.card.grade),
        ]
        for each in movers
    ]
    placed = book.list_of(voice.say("movers"), fields, rows)
    if rows:
        shown = replace(placed, last=min(placed.last, placed.first + MOST_IN_CHART - 1))
        chart = bar_chart(book, voice.say("movers"), shown, [4])
        chart.set_x_axis({"num_format": "0"})
        chart.set_y_axis({"reverse": True, "label_position": "low"})
        chart.set_size({"width": 560, "height": 120 + 22 * (shown.last - shown.first + 1)})
        placed.sheet.insert_chart(book.top, len(fields) + 1, chart, {"description": voice.say("movers")})
