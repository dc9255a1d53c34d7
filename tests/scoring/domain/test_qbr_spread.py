"""When the spread of grades is odd enough for a warning."""

import math
from collections.abc import Sequence

import pytest

from services.scoring.domain import qbr
from services.scoring.domain.qbr import QbrConstants, Spread

DEFAULT = QbrConstants()


def warnings(totals: Sequence[float], grades: str | Sequence[str], rules: QbrConstants = DEFAULT) -> list[str]:
    return qbr.warnings_of(totals, list(grades), rules)


def test_more_than_40_percent_in_one_grade_is_named_with_how_many() -> None:
    (warning,) = warnings([95, 94, 78, 77, 30], "AAABD")
    assert warning.startswith("Grade A holds 3 of 5 rated suppliers (60.0 %): more than 40 % of them")


@pytest.mark.parametrize("groups", [1, 7, 1000])
def test_exactly_40_percent_is_well(groups: int) -> None:
    assert warnings([95, 94, 78, 77, 30] * groups, "AABBD" * groups) == []


def test_two_grades_may_both_be_too_large() -> None:
    assert [text[:7] for text in warnings([95, 94, 78, 77], "AABB")] == ["Grade A", "Grade B"]


def test_suppliers_that_are_not_rated_count_neither_for_a_grade_nor_for_the_median() -> None:
    grades = [*"AABBD", *["not_rated"] * 20]
    assert warnings([95, 94, 78, 77, 30, *[85.0] * 20], grades) == []
    assert warnings([math.nan, 90.0], ["not_rated", "not_rated"]) == []
    assert warnings([], []) == []


@pytest.mark.parametrize(
    ("median", "edge"),
    [(70, 70), (69.5, 70), (70.5, 70), (84.6, 85), (50.49, 50), (70.51, None), (69.49, None), (77, None)],
)
def test_a_median_within_half_a_point_of_an_edge_is_named(median: float, edge: float | None) -> None:
    found = warnings([99, 95, median, 40, 30], ["A", "B", "C", "D", "X"])
    if edge is None:
        assert found == []
    else:
        (warning,) = found
        assert f"lies within 0.5 points of {edge:g}, where grade" in warning
        assert "1 of 5 rated suppliers are that close to it" in warning


def test_an_even_number_of_suppliers_has_its_median_between_the_two_in_the_middle() -> None:
    (warning,) = warnings([99, 80, 60, 30], "ABCD")
    assert warning.startswith("The median total, 70, lies within 0.5 points of 70, where grade B begins: 0 of 4")


def test_the_edges_and_thresholds_are_the_policys() -> None:
    rules = QbrConstants(b_from=76, spread=Spread(largest_part=0.7, edge_distance=2))
    (warning,) = warnings([95, 94, 78, 77, 30], "AAABD", rules)
    assert "78, lies within 2 points of 76, where grade B begins: 2 of 5" in warning
