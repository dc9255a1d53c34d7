"""Which steps of a finding stand on a day."""

from datetime import date, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.finding_dates import (
    CollapsedDates,
    EffectiveDates,
    Step,
    Transition,
    collapsed,
    effective_dates,
)

START = date(2026, 1, 1)


def on(offset: int) -> date:
    return START + timedelta(offset)


CLOSED_TWICE = [
    Transition("plan_submitted", on(1)),
    Transition("plan_approved", on(2)),
    Transition("implemented", on(3)),
    Transition("closed", on(4)),
    Transition("reopened", on(10)),
    Transition("closed", on(20)),
]


def test_open_close_reopen_close_can_be_read_back_for_any_day() -> None:
    closed_on = [effective_dates(CLOSED_TWICE, on(day)).closed_on for day in (3, 4, 9, 10, 19, 20)]
    assert closed_on == [None, on(4), on(4), None, None, on(20)]


def test_a_reopening_voids_approval_and_implementation_before_it() -> None:
    assert effective_dates(CLOSED_TWICE, on(9)) == EffectiveDates(on(2), on(3), on(4), None)
    assert effective_dates(CLOSED_TWICE, on(10)) == EffectiveDates()


def test_a_rejection_voids_the_approval_before_it_and_not_the_one_after() -> None:
    steps = [("plan_approved", on(1)), ("plan_rejected", on(2)), ("plan_approved", on(3))]
    assert [effective_dates(steps, on(day)).approved_on for day in (1, 2, 3)] == [on(1), None, on(3)]


def test_steps_of_one_day_hold_in_the_order_given() -> None:
    assert effective_dates([("closed", on(1)), ("reopened", on(1))], on(1)).closed_on is None
    assert effective_dates([("reopened", on(1)), ("closed", on(1))], on(1)).closed_on == on(1)


def test_a_withdrawal_is_not_voided() -> None:
    assert effective_dates([("withdrawn", on(1)), ("reopened", on(2))], on(3)).withdrawn_on == on(1)


def test_an_extension_changes_no_date() -> None:
    assert collapsed([("extended", on(1)), ("submitted", on(2))]) == CollapsedDates()


def test_collapsed_dates_name_the_last_voiding_step() -> None:
    assert collapsed(CLOSED_TWICE) == CollapsedDates(None, None, on(20), None, voided_on=on(10))


steps = st.lists(st.tuples(st.sampled_from(get_args(Step)), st.integers(0, 12).map(on)), max_size=9)


@given(steps, st.integers(-1, 14).map(on))
def test_plain_columns_serve_unless_a_step_is_voided_after_the_day(
    transitions: list[tuple[str, date]], day: date
) -> None:
    plain = collapsed(transitions)
    if plain.voided_on is not None and plain.voided_on > day:
        return

    def known(on: date | None) -> date | None:
        return on if on is not None and on <= day else None

    assert effective_dates(transitions, day) == EffectiveDates(
        known(plain.approved_on), known(plain.implemented_on), known(plain.closed_on), known(plain.withdrawn_on)
    )
