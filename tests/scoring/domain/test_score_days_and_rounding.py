"""Windows in months, and rounding half up."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain import days
from services.scoring.domain.rounding import half_up


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 9, 30), 24, date(2024, 9, 30)),
        (date(2026, 8, 31), 18, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2025, 8, 30), 18, date(2024, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 12, date(2025, 1, 15)),
    ],
)
def test_months_before_is_the_same_day_or_the_last_of_its_month(day: date, months: int, before: date) -> None:
    assert days.to_date(days.months_before(day, months)) == before


@given(st.dates(date(1960, 1, 1), date(2100, 1, 1)), st.integers(1, 40))
def test_a_date_leaves_its_window_on_the_first_day_that_no_longer_holds_it(on: date, months: int) -> None:
    leaves = days.to_date(int(days.leaves_window(np.array([days.from_date(on)], dtype=np.int32), months)[0]))
    assert leaves is not None
    assert days.months_before(leaves, months) >= days.from_date(on)
    assert days.months_before(leaves - timedelta(1), months) < days.from_date(on)


def test_an_absent_date_never_leaves() -> None:
    assert days.leaves_window(np.array([days.ABSENT], dtype=np.int32), 24).tolist() == [days.ABSENT]
    assert days.to_date(days.ABSENT) is None


def test_ties_are_rounded_up_even_where_binary_fractions_fall_short() -> None:
    assert half_up(np.array([1.005, 2.675, 0.285, 88.125, 84.375])).tolist() == [1.01, 2.68, 0.29, 88.13, 84.38]


@given(st.integers(0, 1_000_000))
def test_arrays_round_as_decimals_do(thousandths: int) -> None:
    exact = (Decimal(thousandths) / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert half_up(np.array([thousandths / 1000]))[0] == float(exact)
