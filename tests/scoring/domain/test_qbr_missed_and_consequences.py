"""Missed priority findings, and what follows from a grade."""

from datetime import date, timedelta

import numpy as np
import pytest

from services.scoring.domain import qbr
from services.scoring.domain.qbr import ActionKind, Grade, Limit, OwnerRole, Standing

LAST_DAY = date(2026, 9, 30)
DUE = date(2026, 7, 15)


def missed(due_on: date, on: date = LAST_DAY, **dates: date) -> bool:
    [one] = qbr.priority_missed(due_on=[due_on], on=on, **{name: [day] for name, day in dates.items()})
    return bool(one)


def test_a_finding_is_overdue_from_the_day_after_it_was_due() -> None:
    assert not missed(LAST_DAY)
    assert missed(LAST_DAY - timedelta(days=1))


def test_an_implemented_finding_has_sixty_days_to_be_closed() -> None:
    due = LAST_DAY - timedelta(days=60)
    assert not missed(due, implemented_on=due)
    assert missed(due - timedelta(days=1), implemented_on=due)


def test_implementation_after_the_due_date_ends_the_overdue_time() -> None:
    late = LAST_DAY - timedelta(days=10)
    assert missed(late, on=late + timedelta(days=5), implemented_on=late + timedelta(days=6))
    assert not missed(late, on=late + timedelta(days=6), implemented_on=late + timedelta(days=6))


@pytest.mark.parametrize("ending", ["closed_on", "withdrawn_on"])
def test_what_is_closed_or_withdrawn_by_the_day_was_not_missed(ending: str) -> None:
    assert not missed(DUE, **{ending: LAST_DAY})
    assert missed(DUE, **{ending: LAST_DAY + timedelta(days=1)})


def test_what_is_discovered_later_does_not_exist_yet() -> None:
    assert not missed(DUE, discovered_on=LAST_DAY + timedelta(days=1))
    assert missed(DUE, discovered_on=LAST_DAY)


def test_findings_are_told_apart_in_one_batch() -> None:
    due = np.array(["2026-07-15", "2026-07-15", "2026-10-15", "NaT"], dtype="datetime64[D]")
    closed = [None, date(2026, 7, 14), None, None]

    assert qbr.priority_missed(due_on=due, closed_on=closed, on=LAST_DAY).tolist() == [True, False, False, False]


def test_the_allowance_is_data() -> None:
    constants = qbr.QbrConstants(unclosed_allowance_days=200)
    dates = {"due_on": [DUE], "implemented_on": [DUE], "on": LAST_DAY}

    assert qbr.priority_missed(**dates).tolist() == [True]
    assert qbr.priority_missed(**dates, constants=constants).tolist() == [False]


def kinds(grade: Grade, previous: Grade | None = None, *limits: Limit) -> list[ActionKind]:
    found = qbr.consequences(grade, previous_grade=previous, limits=limits)
    return [rule.kind for rule in found.actions]


@pytest.mark.parametrize(
    ("grade", "standing", "actions"),
    [
        (Grade.A, Standing.ELIGIBLE_FOR_MORE, [ActionKind.RECOGNITION]),
        (Grade.B, Standing.KEEP, []),
        (Grade.C, Standing.NO_MORE, [ActionKind.IMPROVEMENT_PLAN]),
        (Grade.D, Standing.NO_NEW_BUSINESS, [ActionKind.NO_NEW_BUSINESS, ActionKind.PHASE_OUT_PLAN]),
        (Grade.NOT_RATED, Standing.NONE, []),
    ],
)
def test_each_grade_has_its_consequences(grade: Grade, standing: Standing, actions: list[ActionKind]) -> None:
    assert qbr.consequences(grade, previous_grade=None).standing is standing
    assert kinds(grade) == actions


def test_two_c_in_a_row_call_for_a_special_audit() -> None:
    assert kinds(Grade.C, Grade.C) == [ActionKind.IMPROVEMENT_PLAN, ActionKind.SPECIAL_AUDIT]
    for other in (Grade.A, Grade.B, Grade.D, Grade.NOT_RATED):
        assert ActionKind.SPECIAL_AUDIT not in kinds(Grade.C, other)
        assert ActionKind.SPECIAL_AUDIT not in kinds(other, Grade.C)


def test_a_tier_that_is_high_by_assumption_alone_asks_for_an_assessment() -> None:
    assert kinds(Grade.B, None, Limit.RISK_TIER_HIGH_ASSUMED) == [ActionKind.ASSESS]
    assert kinds(Grade.NOT_RATED, None, Limit.RISK_TIER_HIGH_ASSUMED) == [ActionKind.ASSESS]
    assert ActionKind.ASSESS not in kinds(Grade.C, None, Limit.RISK_TIER_HIGH)


def test_actions_fall_due_counted_from_publication() -> None:
    actions = qbr.consequences(Grade.D, previous_grade=None).due(date(2026, 10, 20))

    assert actions[0] == qbr.DueAction(ActionKind.NO_NEW_BUSINESS, OwnerRole.PROCUREMENT, date(2026, 10, 20))
    assert actions[1] == qbr.DueAction(ActionKind.PHASE_OUT_PLAN, OwnerRole.PROCUREMENT, date(2026, 12, 19))
