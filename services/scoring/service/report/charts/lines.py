"""Lines over quarters: one with filled marks and values, another dashed with hollow ones; gaps stay gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.scoring.service.report.charts import svg
from services.scoring.service.report.charts.bars import Threshold

LEFT, RIGHT, TOP, PLOT, LEGEND = 48.0, 84.0, 22.0, 104.0, 18.0
LOWEST_USUAL, MOST, STEP = 40.0, 100.0, 10.0


@dataclass(frozen=True, slots=True)
class Series:
    """A line: a figure for each quarter, or None, and for the first line what is written at each."""

    name: str
    figures: Sequence[float | None]
    shown: Sequence[str] = ()


def draw_lines(
    labels: Sequence[tuple[str, str]], series: tuple[Series, Series], thresholds: Sequence[Threshold]
) -> str:
    """Draw both over the labels, each of two lines, on a scale up to 100 that begins at 40, or lower where needed."""
    present = [figure for line in series for figure in line.figures if figure is not None]
    least = min([LOWEST_USUAL, *(figure // STEP * STEP for figure in present)])
    step = (svg.WIDE - LEFT - RIGHT) / max(len(labels) - 1, 1)
    xs = [LEFT + n * step for n in range(len(labels))]

    def y_of(figure: float) -> float:
        return TOP + (MOST - figure) / (MOST - least) * PLOT

    parts = [_grid(y_of(figure), f"{figure:g}") for figure in (least, MOST)]
    parts += [part for each in thresholds if each.at > least for part in _threshold(each, y_of(each.at))]
    for n, line in enumerate(reversed(series)):
        parts += _line(
            line, xs, [None if figure is None else y_of(figure) for figure in line.figures], is_second=n == 0
        )
    bottom = TOP + PLOT
    for x, (first, second) in zip(xs, labels, strict=True):
        parts.append(svg.text(first, x, bottom + 14, text_anchor="middle"))
        parts.append(svg.text(second, x, bottom + 27, text_anchor="middle", font_weight=600))
    return svg.drawing(svg.WIDE, bottom + 32 + LEGEND, [*parts, *_legend(series, bottom + 32 + LEGEND / 2)])


def _grid(y: float, label: str) -> str:
    line = svg.tag("line", x1=LEFT - 20, y1=y, x2=svg.WIDE - RIGHT + 20, y2=y, stroke=svg.GRID, stroke_width=0.75)
    return line + svg.text(label, LEFT - 24, y + 4, text_anchor="end", fill=svg.MUTED, font_size=9.0)


def _threshold(threshold: Threshold, y: float) -> list[str]:
    ends = {"x1": LEFT - 20, "y1": y, "x2": svg.WIDE - RIGHT + 20, "y2": y}
    return [
        svg.tag("line", **ends, stroke=svg.GRID, stroke_width=0.75, stroke_dasharray="3 2"),
        svg.text(threshold.label, svg.WIDE - RIGHT + 26, y + 3, fill=svg.MUTED, font_size=9.0),
    ]


def _line(line: Series, xs: Sequence[float], ys: Sequence[float | None], *, is_second: bool) -> list[str]:
    look = {"stroke": svg.MUTED if is_second else svg.FILL, "stroke_width": 1.5 if is_second else 2.0}
    dashes = {"stroke_dasharray": "5 3"} if is_second else {}
    parts = [
        svg.tag("line", x1=x, y1=y, x2=next_x, y2=next_y, **look, **dashes)
        for (x, y), (next_x, next_y) in pairwise(zip(xs, ys, strict=True))
        if y is not None and next_y is not None
    ]
    for n, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if y is not None:
            parts.append(_mark(x, y, is_second=is_second))
            if line.shown:
                parts.append(_value(line.shown[n], x, y))
    return parts


def _value(shown: str, x: float, y: float) -> str:
    """A figure above its mark, on paper of its own, so that no line runs through it."""
    width = svg.width_of(shown)
    behind = svg.tag("rect", x=x - width / 2, y=y - 17, width=width, height=12.0, fill=svg.PAPER)
    return behind + svg.text(shown, x, y - 7, text_anchor="middle")


def _mark(x: float, y: float, *, is_second: bool) -> str:
    if is_second:
        return svg.tag(
            "rect", x=x - 3, y=y - 3, width=6.0, height=6.0, fill=svg.PAPER, stroke=svg.MUTED, stroke_width=1.5
        )
    return svg.tag("circle", cx=x, cy=y, r=3.5, fill=svg.FILL)


def _legend(series: tuple[Series, Series], y: float) -> list[str]:
    parts: list[str] = []
    x = LEFT
    for n, line in enumerate(series):
        parts += [_mark(x, y, is_second=n == 1), svg.text(line.name, x + 10, y + 4)]
        x += svg.width_of(line.name) + 36
    return parts
