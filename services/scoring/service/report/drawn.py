"""Charts of a pack, with the words that stand for each where it is not seen."""

from collections.abc import Sequence

from services.scoring.domain.qbr import QbrConstants
from services.scoring.service.report.blocks import Chart
from services.scoring.service.report.charts import HALF, WIDE, Bar, Series, Threshold, draw_bars, draw_lines
from services.scoring.service.report.voice import Voice, figure, plain

TOP_OF_SCALE = 100.0


def bar_chart(
    voice: Voice,
    title: str,
    bars: Sequence[Bar],
    *,
    most: float | None = None,
    thresholds: Sequence[Threshold] = (),
    is_hollow: bool = False,
    width: float = HALF,
    legend: tuple[str, str] | None = None,
) -> Chart:
    """Bars, on a scale to `most` or to the longest of them."""
    longest = max((max(bar.value, bar.before or 0.0) for bar in bars), default=0.0)
    items = [voice.say("chart_item", label=bar.label, value=bar.shown) for bar in bars]
    drawn = draw_bars(
        bars, most=most or longest or 1.0, width=width, thresholds=thresholds, is_hollow=is_hollow, legend=legend
    )
    return Chart(title, voice.say("chart_bars", items=voice.listed(items)), drawn, width)


def trend_chart(
    voice: Voice,
    quarters: Sequence[tuple[str, str]],
    totals: tuple[str, Sequence[float | None]],
    sustainability: tuple[str, Sequence[float | None]],
    rules: QbrConstants,
) -> Chart:
    """Totals over quarters, each with what is written below it, and sustainability beside them, by their names."""
    shown = [figure(total) for total in totals[1]]
    beside = [figure(each) for each in sustainability[1]]
    items = [
        voice.say("chart_quarter", label=" ".join(label).strip(), total=total, name=sustainability[0], value=value)
        for label, total, value in zip(quarters, shown, beside, strict=True)
    ]
    edges = [("A", rules.a_from), ("B", rules.b_from), ("C", rules.c_from)]
    drawn = draw_lines(
        quarters,
        (Series(*totals, shown), Series(*sustainability)),
        [Threshold(edge, voice.say("from", grade=grade, threshold=plain(edge))) for grade, edge in edges],
    )
    return Chart(
        voice.say("trend_chart"), voice.say("chart_line", items=voice.say("chart_break").join(items)), drawn, WIDE
    )


def tier_thresholds(high_below: float | None, medium_below: float | None) -> list[Threshold]:
    """The lines below which a category makes a supplier's risk high or medium."""
    return [Threshold(edge, plain(edge)) for edge in (high_below, medium_below) if edge is not None]
