"""Charts as SVG, the same for pages and PDF: told apart by shape and label, never by colour alone."""

from services.scoring.service.report.charts.bars import Bar, Threshold, draw_bars
from services.scoring.service.report.charts.lines import Series, draw_lines
from services.scoring.service.report.charts.svg import HALF, WIDE

__all__ = ["HALF", "WIDE", "Bar", "Series", "Threshold", "draw_bars", "draw_lines"]
