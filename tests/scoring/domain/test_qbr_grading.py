"""Totals, grades and limits of the quarterly business review."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import qbr
from services.scoring.domain.qbr import Dimension, Grade, Limit
from shared.errors import Invalid

ABSENT = math.nan


def review(
    *dimensions: float,
    risk_tier: str = "low",
    basis: str = "assessed",
    priority_missed: bool = False,
    constants: qbr.QbrConstants | None = None,
) -> qbr.Review:
    [one] = qbr.grade(
        [dimensions],
        risk_tier=[risk_tier],
        basis=[basis],
        priority_missed=[priority_missed],
        constants=constants,
    )
    return one


def flat(figure: float) -> list[float]:
    return [figure] * 5


def test_the_first_example_is_a_b() -> None:
    assert review(92, 80, 88, 75, 78.4) == qbr.Review(84.38, 100, Grade.B, ())


def test_the_second_example_is_held_at_c() -> None:
    one = review(92, ABSENT, 88, ABSENT, 55, risk_tier="high")

    assert one == qbr.Review(80.29, 70, Grade.C, (Limit.COVERAGE_INCOMPLETE, Limit.RISK_TIER_HIGH))


def test_sustainability_alone_is_not_rated() -> None:
    one = review(ABSENT, ABSENT, ABSENT, ABSENT, 90)

    assert one == qbr.Review(90, 20, Grade.NOT_RATED, (Limit.COVERAGE_TOO_LOW, Limit.NO_QUALITY_OR_DELIVERY))


def test_nothing_at_all_has_no_total() -> None:
    assert review(*flat(ABSENT)).total is None
    assert review(*flat(ABSENT)).grade is Grade.NOT_RATED
    assert review(*flat(ABSENT), priority_missed=True).grade is Grade.D


@pytest.mark.parametrize(
    ("total", "grade"),
    [(100, "A"), (85, "A"), (84.99, "B"), (70, "B"), (69.99, "C"), (50, "C"), (49.99, "D"), (0, "D")],
)
def test_bands_hold_their_lower_end(total: float, grade: str) -> None:
    assert review(*flat(total)).grade == grade


def test_the_band_is_that_of_the_rounded_total() -> None:
    # 84.995 is rounded half up to 85.00
    one = review(84.995, 84.995, 84.995, 84.995, 84.995)

    assert (one.total, one.grade) == (85.0, Grade.A)


def test_half_coverage_is_rated_and_less_is_not() -> None:
    assert review(90, ABSENT, ABSENT, ABSENT, 90).coverage == 50
    assert review(90, ABSENT, ABSENT, ABSENT, 90).grade is Grade.B
    assert review(ABSENT, ABSENT, 90, ABSENT, 90).grade is Grade.NOT_RATED


def test_neither_quality_nor_delivery_is_not_rated_at_half_coverage() -> None:
    one = review(ABSENT, 90, ABSENT, 90, 90)

    assert (one.coverage, one.grade) == (50, Grade.NOT_RATED)
    assert one.limits == (Limit.NO_QUALITY_OR_DELIVERY, Limit.COVERAGE_INCOMPLETE)


def test_coverage_of_eighty_is_enough_for_an_a() -> None:
    assert review(90, 90, ABSENT, 90, 90).grade is Grade.A
    held = review(90, ABSENT, 90, ABSENT, 90)
    assert (held.grade, held.limits) == (Grade.B, (Limit.COVERAGE_INCOMPLETE,))


def test_a_tier_that_is_high_by_assumption_is_held_at_b() -> None:
    one = review(*flat(95), risk_tier="high", basis="assumed")

    assert (one.grade, one.limits) == (Grade.B, (Limit.RISK_TIER_HIGH_ASSUMED,))


def test_a_limit_never_raises_a_grade() -> None:
    assert review(*flat(40), risk_tier="high").grade is Grade.D
    assert review(*flat(60), risk_tier="high", basis="assumed").grade is Grade.C


def test_a_missed_priority_finding_is_a_d_before_all_else() -> None:
    assert review(*flat(99), priority_missed=True).grade is Grade.D
    unrated = review(ABSENT, ABSENT, ABSENT, ABSENT, 90, risk_tier="high", priority_missed=True)
    assert unrated.grade is Grade.D
    assert unrated.limits == (
        Limit.COVERAGE_TOO_LOW,
        Limit.NO_QUALITY_OR_DELIVERY,
        Limit.RISK_TIER_HIGH,
        Limit.PRIORITY_MISSED,
    )


def test_the_figures_are_data() -> None:
    constants = qbr.QbrConstants(quality_weight=100, cost_weight=0, a_from=90)

    assert review(86, ABSENT, ABSENT, ABSENT, ABSENT, constants=constants).grade is Grade.B


@pytest.mark.parametrize("figure", [-0.01, 100.01, math.inf])
def test_a_figure_out_of_range_is_named(figure: float) -> None:
    with pytest.raises(Invalid) as error:
        qbr.grade(
            [flat(50), [50, 50, figure, 50, 50]],
            risk_tier=["low"] * 2,
            basis=["assessed"] * 2,
            priority_missed=[False] * 2,
        )
    assert [field.pointer for field in error.value.fields] == ["/rows/1/delivery"]


FIGURES = st.one_of(st.just(ABSENT), st.integers(0, 10_000).map(lambda cents: cents / 100))
ROWS = st.tuples(
    st.tuples(*[FIGURES] * len(Dimension)),
    st.sampled_from(["low", "medium", "high"]),
    st.sampled_from(["assessed", "partly", "assumed"]),
    st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_totals_lie_among_their_dimensions_and_a_batch_is_its_rows(
    rows: list[tuple[tuple[float, ...], str, str, bool]],
) -> None:
    dimensions, tiers, bases, missed = (list(column) for column in zip(*rows, strict=True))
    reviews = qbr.grade(dimensions, risk_tier=tiers, basis=bases, priority_missed=missed)

    for (figures, tier, basis, was_missed), one in zip(rows, reviews, strict=True):
        assert one == review(*figures, risk_tier=tier, basis=basis, priority_missed=was_missed)
        present = [figure for figure in figures if not np.isnan(figure)]
        if one.total is None:
            assert not present
        else:
            assert min(present) - 1e-9 <= one.total <= max(present) + 1e-9
        assert (one.grade is Grade.D) or not was_missed
