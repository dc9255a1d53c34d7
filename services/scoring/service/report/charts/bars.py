"""Horizontal bars with label and value, beside what they were before, and lines that they are held against."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring.service.report.charts import svg

BAR, THIN_BAR, GAP = 13.0, 7.0, 8.0
LABEL_GAP, LEAST_PLOT = 8.0, 0.35
HEAD, FOOT, LEGEND = 16.0, 4.0, 20.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; `before` is drawn below it as an outline, where there is one."""

    label: str
    value: float
    shown: str
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A dashed line across the bars."""

    at: float
    label: str


def draw_bars(
    bars: Sequence[Bar],
    *,
    most: float,
    width: float,
    thresholds: Sequence[Threshold] = (),
    is_hollow: bool = False,
    legend: tuple[str, str] | None = None,
) -> str:
    """Draw them on a scale from 0 to `most`, which is not 0; hollow ones stand for what went down.

    The legend tells what bars and outlines are.
    """
    value_room = max((svg.width_of(bar.shown) for bar in bars), default=0.0) + LABEL_GAP
    widest = width * (1 - LEAST_PLOT) - value_room - LABEL_GAP
    label_room = min(max((svg.width_of(bar.label) for bar in bars), default=0.0), widest)
    left = label_room + LABEL_GAP
    scale = (width - left - value_room) / most
    top = y = HEAD if thresholds else FOOT
    parts: list[str] = []
    values: list[str] = []
    for bar in bars:
        parts += _bar(bar, left, y, scale, label_room, is_hollow=is_hollow)
        values += _value(bar.shown, left + bar.value * scale + 5, y)
        y += BAR + GAP + (0.0 if bar.before is None else THIN_BAR + 1)
    for each in thresholds:
        parts += _threshold(each, left + each.at * scale, top, y - GAP / 2)
    if legend is not None:
        parts += _legend(legend, left, y)
        y += LEGEND
    return svg.drawing(width, y - GAP + FOOT, [*parts, *values])


def _bar(bar: Bar, left: float, y: float, scale: float, label_room: float, *, is_hollow: bool) -> list[str]:
    parts = [
        svg.text(svg.fitted(bar.label, label_room), left - LABEL_GAP, y + BAR - 3, text_anchor="end"),
        _block(left, y, bar.value * scale, BAR, is_hollow=is_hollow),
    ]
    if bar.before is not None:
        parts.append(_block(left, y + BAR + 1, bar.before * scale, THIN_BAR, is_hollow=True))
    return parts


def _value(shown: str, x: float, y: float) -> list[str]:
    """What a bar comes to, on paper of its own, so that no line runs through it."""
    behind = svg.tag("rect", x=x - 2, y=y, width=svg.width_of(shown) + 2, height=BAR, fill=svg.PAPER)
    return [behind, svg.text(shown, x, y + BAR - 3)]


def _block(x: float, y: float, width: float, height: float, *, is_hollow: bool) -> str:
    """A filled or an outlined bar; nothing where there is nothing."""
    if width <= 0:
        return ""
    if is_hollow:
        return svg.tag("rect", x=x, y=y, width=width, height=height, fill=svg.PAPER, stroke=svg.MUTED, stroke_width=1.0)
    return svg.tag("rect", x=x, y=y, width=width, height=height, fill=svg.FILL)


def _threshold(threshold: Threshold, x: float, top: float, bottom: float) -> list[str]:
    """The line on a white one, so that it is seen on a filled bar as well."""
    ends = {"x1": x, "y1": top - 2, "x2": x, "y2": bottom}
    return [
        svg.tag("line", **ends, stroke=svg.PAPER, stroke_width=3.0),
        svg.tag("line", **ends, stroke=svg.INK, stroke_width=1.0, stroke_dasharray="3 2"),
        svg.text(threshold.label, x, top - 5, text_anchor="middle", fill=svg.MUTED, font_size=9.0),
    ]


def _legend(legend: tuple[str, str], left: float, y: float) -> list[str]:
    now, before = legend
    second = left + svg.width_of(now) + 36
    return [
        _block(left, y, 10.0, 8.0, is_hollow=False),
        svg.text(now, left + 15, y + 8, fill=svg.MUTED),
        _block(second, y, 10.0, 8.0, is_hollow=True),
        svg.text(before, second + 15, y + 8, fill=svg.MUTED),
    ]
