"""Charts of a workbook: filled bars now, outlined ones before, so that no colour is needed to read them."""

from collections.abc import Sequence
from typing import Any

from services.scoring.service.report.sheets.writing import Book, Placed

FILL, OUTLINE = "#12496B", "#4A4A4A"


def bar_chart(book: Book, title: str, placed: Placed, columns: Sequence[int]) -> Any:
    """Horizontal bars over a table's first column: its first of `columns` filled, the second outlined."""
    chart = book.written.add_chart({"type": "bar"})
    for column in columns:
        fill = FILL if column == columns[0] else ""
        chart.add_series(
            {
                "name": placed.title(column),
                "categories": placed.cells(0),
                "values": placed.cells(column),
                "fill": {"color": fill} if fill else {"none": True},
                "border": {"color": fill or OUTLINE},
                "data_labels": {"value": True},
                "gap": 60,
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 12}, "overlay": False})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"major_gridlines": {"visible": False}, "min": 0, "num_format": "0"})
    chart.set_legend({"position": "bottom"} if len(columns) > 1 else {"none": True})
    chart.set_size({"width": 540, "height": 310})
    return chart


def line_chart(book: Book, title: str, placed: Placed, columns: tuple[int, int]) -> Any:
    """Two lines over a table's first column: one with filled marks, the other dashed with squares."""
    chart = book.written.add_chart({"type": "line"})
    for column, color, dash, mark in zip(
        columns, (FILL, OUTLINE), ("solid", "dash"), ("circle", "square"), strict=True
    ):
        chart.add_series(
            {
                "name": placed.title(column),
                "categories": placed.cells(0),
                "values": placed.cells(column),
                "line": {"color": color, "dash_type": dash, "width": 2},
                "marker": {"type": mark, "fill": {"color": color}, "border": {"color": color}},
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_y_axis({"max": 100, "num_format": "0"})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 640, "height": 260})
    return chart
