"""The life of a finding, as pure rules."""

from datetime import date

import pytest

from services.audit.domain import findings
from services.audit.domain.findings import STATES, STEPS, StepForbidden, StepOutOfTime, Transition

DISCOVERED, TODAY = date(2026, 3, 1), date(2026, 9, 30)
LED_TO: dict[str, list[str]] = {
    "open": [],
    "plan_submitted": ["plan_submitted"],
    "plan_approved": ["plan_submitted", "plan_approved"],
    "plan_rejected": ["plan_submitted", "plan_rejected"],
    "implemented": ["plan_submitted", "plan_approved", "implemented"],
    "closed": ["plan_submitted", "plan_approved", "implemented", "closed"],
    "withdrawn": ["withdrawn"],
}
ALLOWED = {
    "open": {"plan_submitted", "withdrawn"},
    "plan_submitted": {"plan_submitted", "plan_approved", "plan_rejected", "withdrawn"},
    "plan_approved": {"implemented", "withdrawn"},
    "plan_rejected": {"plan_submitted", "withdrawn"},
    "implemented": {"closed", "reopened", "withdrawn"},
    "closed": {"reopened", "withdrawn"},
    "withdrawn": set(),
}
ALLOWED_AS_HISTORY = {
    "open": {"plan_submitted", "plan_approved", "implemented", "closed", "withdrawn"},
    "plan_submitted": {"plan_submitted", "plan_approved", "plan_rejected", "implemented", "closed", "withdrawn"},
    "plan_approved": {"implemented", "closed", "withdrawn"},
    "plan_rejected": {"plan_submitted", "plan_approved", "implemented", "closed", "withdrawn"},
    "implemented": {"closed", "reopened", "withdrawn"},
    "closed": {"reopened", "withdrawn"},
    "withdrawn": set(),
}


def life(*steps: str, on: date = date(2026, 5, 1)) -> list[Transition]:
    return [Transition(step, on) for step in steps]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STEPS)
def test_a_step_is_taken_where_the_life_allows_it_and_refused_with_the_allowed_ones_elsewhere(
    state: str, to: str
) -> None:
    taken = life(*LED_TO[state])
    assert findings.state_after(taken) == state
    step = Transition(to, date(2026, 6, 1))
    if to in ALLOWED[state]:
        after = findings.take_step(taken, step, discovered_on=DISCOVERED, today=TODAY)
        assert after == [*taken, step]
        assert findings.state_after(after) == ("open" if to == "reopened" else to)
        return
    with pytest.raises(StepForbidden) as refused:
        findings.take_step(taken, step, discovered_on=DISCOVERED, today=TODAY)
    named = refused.value.detail.rpartition("; ")[2].removeprefix("allowed: ").rstrip(".").split(", ")
    assert set(named) == (ALLOWED[state] or {"no step is allowed any more"})


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STEPS)
def test_history_may_lack_steps_in_between_but_not_go_where_no_life_leads(state: str, to: str) -> None:
    taken = life(*LED_TO[state])
    step = Transition(to, date(2026, 6, 1))
    if to in ALLOWED_AS_HISTORY[state]:
        assert findings.record_step(taken, step, discovered_on=DISCOVERED, today=TODAY) == [*taken, step]
    else:
        with pytest.raises(StepForbidden):
            findings.record_step(taken, step, discovered_on=DISCOVERED, today=TODAY)


def test_history_learnt_late_takes_its_place_by_its_day() -> None:
    closed = Transition("closed", date(2026, 6, 1))
    approved = Transition("plan_approved", date(2026, 4, 1))
    after = findings.record_step([closed], approved, discovered_on=DISCOVERED, today=TODAY)
    assert after == [approved, closed]
    assert findings.state_after(after) == "closed"


def test_history_told_twice_is_there_once() -> None:
    taken = life("closed")
    assert findings.record_step(taken, taken[0], discovered_on=DISCOVERED, today=TODAY) == taken


@pytest.mark.parametrize("closed_on", [date(2026, 4, 1), date(2026, 6, 1)])
def test_a_closed_finding_has_one_date_of_closing(closed_on: date) -> None:
    with pytest.raises(StepForbidden, match="cannot become closed"):
        findings.record_step(life("closed"), Transition("closed", closed_on), discovered_on=DISCOVERED, today=TODAY)


@pytest.mark.parametrize(("on", "said"), [(date(2026, 10, 1), "future"), (date(2026, 2, 28), "before the discovery")])
def test_no_step_lies_in_the_future_or_before_the_discovery(on: date, said: str) -> None:
    for act in (findings.take_step, findings.record_step):
        with pytest.raises(StepOutOfTime, match=said):
            act([], Transition("withdrawn", on), discovered_on=DISCOVERED, today=TODAY)


def test_a_step_is_not_taken_before_the_last_one() -> None:
    with pytest.raises(StepOutOfTime, match="since 2026-05-01"):
        findings.take_step(
            life("plan_submitted"),
            Transition("plan_approved", date(2026, 4, 30)),
            discovered_on=DISCOVERED,
            today=TODAY,
        )


def test_a_finding_is_reopened_and_goes_through_its_life_again() -> None:
    again = [
        *LED_TO["closed"], "reopened", "plan_submitted", "plan_rejected", "plan_submitted", "plan_approved",
        "implemented", "reopened",
    ]  # fmt: skip
    taken: list[Transition] = []
    for to in again:
        step = Transition(to, date(2026, 6, 1))
        taken = findings.take_step(taken, step, discovered_on=DISCOVERED, today=TODAY)
    assert [step.to for step in taken] == again
    assert findings.state_after(taken) == "open"


@pytest.mark.parametrize("state", STATES)
def test_a_finding_is_overdue_after_its_due_date_until_it_is_implemented(state: str) -> None:
    mended = state in ("implemented", "closed", "withdrawn")
    assert findings.is_overdue(state, date(2026, 9, 29), TODAY) is not mended
    assert not findings.is_overdue(state, TODAY, TODAY)


def test_a_discovery_cannot_move_behind_the_first_step() -> None:
    findings.check_discovery(date(2026, 5, 1), life("closed"), TODAY)
    with pytest.raises(StepOutOfTime, match="closed on 2026-05-01"):
        findings.check_discovery(date(2026, 5, 2), life("closed"), TODAY)
    with pytest.raises(StepOutOfTime, match="future"):
        findings.check_discovery(date(2026, 10, 1), (), TODAY)
