"""The workbook's sheet of the risk categories."""

from services.scoring.domain.report import Pack
from services.scoring.service.report.sheets.charts import bar_chart
from services.scoring.service.report.sheets.writing import TWO_DECIMALS, WHOLE, Book, Cell, Field
from services.scoring.service.report.voice import Voice, clean, plain

CHART_AT = 7


def write(book: Book, pack: Pack, voice: Voice) -> None:
    """The means of the risk categories, and who is lowest in each."""
    sheet = book.sheet(voice.say("categories"))
    high, medium = pack.policy.high.category_below, pack.policy.medium.category_below
    edges = [(edge, name) for edge, name in ((high, "below_high"), (medium, "below_medium")) if edge is not None]
    placed = book.table(
        sheet,
        [
            Field(voice.say("category")),
            Field(voice.say("mean"), TWO_DECIMALS),
            Field(voice.say("before"), TWO_DECIMALS),
            *(Field(voice.say("below", threshold=plain(edge)), WHOLE) for edge, _ in edges),
        ],
        [
            [
                voice.name("category", each.code),
                each.mean,
                each.mean_before,
                *(getattr(each, name) for _, name in edges),
            ]
            for each in pack.categories
        ],
        at=(book.top, 0),
    )
    lowest: list[list[Cell]] = [
        [voice.name("category", each.code), clean(card.code), clean(card.name), card.categories[each.code]]
        for each in pack.categories
        for card in each.lowest
    ]
    names = ("category", "code", "name")
    fields = [*(Field(voice.say(name)) for name in names), Field(voice.say("score"), TWO_DECIMALS)]
    book.table(sheet, fields, lowest, at=(placed.last + 2, 0))
    if pack.categories:
        title = voice.say("categories_chart")
        chart = bar_chart(book, title, placed, [1, 2] if pack.movement is not None else [1])
        chart.set_x_axis({"min": 0, "max": 100, "num_format": "0"})
        sheet.insert_chart(book.top, CHART_AT, chart, {"description": title})
