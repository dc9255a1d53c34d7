"""Each line on which a process is to die is still there, once, in the code of today."""

import importlib.util
from pathlib import Path

import pytest

from tests.faults.processes.dying.sitecustomize import compiled
from tests.faults.processes.points import POINTS, Point


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_line_to_die_on_is_exactly_one_statement(point: Point) -> None:
    spec = importlib.util.find_spec(point.module)
    assert spec is not None
    assert spec.origin is not None
    compiled(Path(spec.origin).read_text(encoding="utf-8"), spec.origin, [point.as_given()])


def test_no_two_lines_have_one_name() -> None:
    assert len({point.name for point in POINTS}) == len(POINTS)
