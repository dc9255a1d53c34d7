"""Quarters as values."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.quarter import Quarter
from shared.errors import Invalid


def test_a_quarter_knows_its_days_and_neighbours() -> None:
    third = Quarter.parse("2026Q3")

    assert (third.first_day, third.last_day) == (date(2026, 7, 1), date(2026, 9, 30))
    assert str(third.next) == "2026Q4"
    assert str(third.next.next) == "2027Q1"
    assert str(Quarter.parse("2026Q1").previous) == "2025Q4"
    assert str(third.previous) == "2026Q2"


@pytest.mark.parametrize(
    "written", ["2026q3", "2026Q5", "2026Q0", "26Q3", "2026-Q3", "0000Q1", "2026Q3 ", "", "\uff12026Q3"]
)
def test_anything_else_is_no_quarter(written: str) -> None:
    with pytest.raises(Invalid) as error:
        Quarter.parse(written)
    assert error.value.fields[0].pointer == "/quarter"


def test_the_last_quarter_there_is_still_has_a_last_day() -> None:
    assert Quarter.parse("9999Q4").last_day == date(9999, 12, 31)


@given(st.dates(min_value=date(2, 1, 1), max_value=date(9998, 12, 31)))
def test_every_day_lies_in_one_quarter(day: date) -> None:
    quarter = Quarter.holding(day)

    assert quarter.first_day <= day <= quarter.last_day
    assert quarter.next.first_day == quarter.last_day + timedelta(days=1)
    assert quarter.next.previous == quarter
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.previous < quarter < quarter.next
