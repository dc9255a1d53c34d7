"""Until when an audit counts, and where it stands, held against the definition of the window."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.audits import status_of, valid_until, window_start

DAY = date(2026, 9, 30)
days = st.dates(date(1990, 1, 1), date(2150, 12, 31))


@dataclass
class Held:
    kind: str = "vap"
    conducted_on: date | None = date(2026, 3, 1)
    report_received_on: date | None = None
    withdrawn_on: date | None = None


def months_before(day: date, months: int) -> date:
    """The same day of that month, or its last day: the definition, spelled out."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def counts_on(conducted_on: date, day: date) -> bool:
    return months_before(day, 24) < conducted_on <= day


@given(days)
def test_it_counts_on_its_last_day_and_on_no_later_one(conducted_on: date) -> None:
    last = valid_until(Held(conducted_on=conducted_on))
    assert last is not None
    assert counts_on(conducted_on, last)
    assert not any(counts_on(conducted_on, last + timedelta(days=n)) for n in range(1, 4))


@given(days)
def test_the_window_starts_where_the_definition_says(day: date) -> None:
    assert window_start(day) == months_before(day, 24)


@given(days, days)
def test_an_audit_has_expired_exactly_where_the_window_has_left_it_behind(conducted_on: date, day: date) -> None:
    last = valid_until(Held(conducted_on=conducted_on))
    assert last is not None
    assert (last < day) == (conducted_on <= window_start(day))


@pytest.mark.parametrize(
    ("conducted_on", "last"),
    [
        (date(2026, 3, 1), date(2028, 2, 29)),
        (date(2025, 3, 1), date(2027, 2, 28)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2022, 2, 28), date(2024, 2, 27)),
        (date(2024, 1, 1), date(2025, 12, 31)),
        (date(2024, 8, 31), date(2026, 8, 30)),
    ],
)
def test_month_ends_and_leap_days_are_no_exception(conducted_on: date, last: date) -> None:
    assert valid_until(Held(conducted_on=conducted_on)) == last


@pytest.mark.parametrize(
    "held",
    [
        Held(conducted_on=None),
        Held(withdrawn_on=DAY),
        Held(kind="incident"),
        Held(kind="regulatory"),
    ],
)
def test_what_never_counts_has_no_last_day(held: Held) -> None:
    assert valid_until(held) is None


@pytest.mark.parametrize(
    ("held", "status"),
    [
        (Held(conducted_on=None), "planned"),
        (Held(conducted_on=None, withdrawn_on=DAY), "withdrawn"),
        (Held(), "conducted"),
        (Held(report_received_on=date(2026, 4, 1)), "reported"),
        (Held(report_received_on=date(2026, 4, 1), withdrawn_on=DAY), "withdrawn"),
        (Held(conducted_on=date(2024, 10, 1), report_received_on=date(2024, 11, 1)), "reported"),
        (Held(conducted_on=date(2024, 9, 30), report_received_on=date(2024, 11, 1)), "expired"),
        (Held(conducted_on=date(2024, 9, 30)), "expired"),
        (Held(conducted_on=date(2020, 1, 1), withdrawn_on=DAY), "withdrawn"),
        (Held(kind="incident", conducted_on=date(2020, 1, 1)), "conducted"),
    ],
)
def test_where_an_audit_stands(held: Held, status: str) -> None:
    assert status_of(held, DAY) == status
