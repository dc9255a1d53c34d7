"""The workbook's sheet of the quarters: all suppliers together, and each one's totals."""

from xlsxwriter.utility import quote_sheetname, xl_range_abs

from services.scoring.domain.qbr import Grade
from services.scoring.domain.report import Pack
from services.scoring.service.report.sheets.charts import line_chart
from services.scoring.service.report.sheets.writing import TWO_DECIMALS, WHOLE, Book, Cell, Field, Placed
from services.scoring.service.report.voice import Voice, clean

CHART_ROWS = 15


def write(book: Book, pack: Pack, voice: Voice) -> None:
    """The quarters of all suppliers together, and below them every supplier's totals."""
    sheet = book.sheet(voice.say("trend"))
    fields = [
        Field(voice.say("quarter")),
        Field(voice.say("suppliers"), WHOLE),
        Field(voice.say("mean_total"), TWO_DECIMALS),
        Field(voice.say("mean_sustainability"), TWO_DECIMALS),
        *(Field(voice.name("grade", grade), WHOLE) for grade in Grade),
    ]
    rows: list[list[Cell]] = [
        [
            each.quarter,
            each.suppliers,
            each.mean_total,
            each.mean_sustainability,
            *(each.grades.get(grade, 0) for grade in Grade),
        ]
        for each in pack.overall
    ]
    placed = book.table(sheet, fields, rows, at=(book.top, 0))
    chart = line_chart(book, voice.say("over_time"), placed, (2, 3))
    sheet.insert_chart(placed.last + 2, 0, chart, {"description": voice.say("over_time")})
    below = placed.last + 2 + CHART_ROWS
    totals = [
        [clean(card.code), clean(card.name), *(point.total for point in pack.trends[card.supplier_id])]
        for card in pack.cards
    ]
    named = [Field(voice.say("code")), Field(voice.say("name"))]
    by_supplier = book.table(
        sheet, [*named, *(Field(quarter, TWO_DECIMALS) for quarter in pack.quarters)], totals, at=(below, 0)
    )
    for row in range(by_supplier.first, by_supplier.last + 1):
        sheet.add_sparkline(
            row, 2 + len(pack.quarters), {"range": _totals_of(by_supplier, row, len(pack.quarters)), "markers": True}
        )


def _totals_of(placed: Placed, row: int, quarters: int) -> str:
    return f"{quote_sheetname(placed.name)}!{xl_range_abs(row, 2, row, 1 + quarters)}"
