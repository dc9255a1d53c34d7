"""The life of a finding: which dated step may follow which, and where the steps taken have led."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from shared.errors import Conflict, FieldError, Invalid

State = Literal["open", "plan_submitted", "plan_approved", "plan_rejected", "implemented", "closed", "withdrawn"]
Step = Literal["plan_submitted", "plan_approved", "plan_rejected", "implemented", "closed", "reopened", "withdrawn"]

STATES: tuple[State, ...] = (
    "open",
    "plan_submitted",
    "plan_approved",
    "plan_rejected",
    "implemented",
    "closed",
    "withdrawn",
)
STEPS: tuple[Step, ...] = (
    "plan_submitted",
    "plan_approved",
    "plan_rejected",
    "implemented",
    "closed",
    "reopened",
    "withdrawn",
)
UNMENDED: frozenset[str] = frozenset({"open", "plan_submitted", "plan_approved", "plan_rejected"})
"""The states in which a finding past its due date is overdue."""
PLANLESS: frozenset[str] = frozenset({"open", "plan_rejected"})
"""The states in which it waits for a corrective action plan."""

Life = Mapping[str, frozenset[Step]]

LIFE: Life = {
    "open": frozenset({"plan_submitted", "withdrawn"}),
    # A plan may be mended while nobody has decided on it yet.
    "plan_submitted": frozenset({"plan_submitted", "plan_approved", "plan_rejected", "withdrawn"}),
    "plan_rejected": frozenset({"plan_submitted", "withdrawn"}),
    "plan_approved": frozenset({"implemented", "withdrawn"}),
    "implemented": frozenset({"closed", "reopened", "withdrawn"}),
    "closed": frozenset({"reopened", "withdrawn"}),
    "withdrawn": frozenset(),
}
"""The steps that may be taken in each state."""

RECORDED_LIFE: Life = {
    "open": LIFE["open"] | {"plan_approved", "implemented", "closed"},
    "plan_submitted": LIFE["plan_submitted"] | {"implemented", "closed"},
    "plan_rejected": LIFE["plan_rejected"] | {"plan_approved", "implemented", "closed"},
    "plan_approved": LIFE["plan_approved"] | {"closed"},
    "implemented": LIFE["implemented"],
    "closed": LIFE["closed"],
    "withdrawn": LIFE["withdrawn"],
}
"""The same for history brought in from elsewhere, which may lack the steps in between."""


class Transition(NamedTuple):
    """A step `to` another state on a day."""

    to: str
    on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a finding's steps have led, and since when it is there; a day that a reopening voided is None."""

    status: State
    implemented_on: date | None = None
    closed_on: date | None = None
    withdrawn_on: date | None = None


class StepForbidden(Conflict):
    """The finding is in no state in which this step may be taken; the problem's `allowed` lists those that may."""

    code = "step-forbidden"


class StepOutOfTime(Invalid):
    """The step's date lies in the future, before the discovery, or before what has happened since."""

    code = "step-out-of-time"


def in_order(transitions: Iterable[Transition]) -> list[Transition]:
    """The transitions by day; those of one day in the order given, in which they were recorded."""
    return sorted(transitions, key=lambda transition: transition.on)


def state_after(transitions: Iterable[Transition]) -> State:
    """Where transitions, in order, have led; a reopened finding is open."""
    state: State = "open"
    for transition in transitions:
        state = _led_to(transition.to)
    return state


def standing_after(transitions: Iterable[Transition]) -> Standing:
    """Where transitions, in order, have led, with the days of the steps that hold there."""
    status: State = "open"
    days: dict[str, date] = {}
    for transition in transitions:
        status = _led_to(transition.to)
        if transition.to == "reopened":
            days.clear()
        days[transition.to] = transition.on
    return Standing(
        status,
        implemented_on=days.get("implemented") if status in ("implemented", "closed") else None,
        closed_on=days.get("closed") if status == "closed" else None,
        withdrawn_on=days.get("withdrawn") if status == "withdrawn" else None,
    )


def is_overdue(status: str, due_on: date, today: date) -> bool:
    """Whether a finding should have been mended before `today` and is not."""
    return status in UNMENDED and due_on < today


def is_plan_overdue(status: str, plan_due_on: date, today: date) -> bool:
    """Whether a corrective action plan should have been there before `today` and is not, or was rejected."""
    return status in PLANLESS and plan_due_on < today


def check_step(status: str, to: Step) -> None:
    """Raise StepForbidden unless the step may be taken in that state."""
    _check_allowed(status, to, LIFE)


def check_extension(status: str) -> None:
    """Raise StepForbidden where a later due date would mean nothing any more."""
    if status not in UNMENDED:
        raise _forbidden(status, "extended", LIFE)


def take_step(taken: Sequence[Transition], step: Transition, *, discovered_on: date, today: date) -> list[Transition]:
    """The transitions with `step` behind them; StepForbidden names the allowed steps, StepOutOfTime the days."""
    _check_allowed(state_after(taken), step.to, LIFE)
    _check_day(step, discovered_on, today)
    if taken and step.on < taken[-1].on:
        last = taken[-1]
        raise _out_of_time(f"The finding has been {last.to} since {last.on}; this step cannot lie before that.")
    return [*taken, step]


def record_step(taken: Sequence[Transition], step: Transition, *, discovered_on: date, today: date) -> list[Transition]:
    """The transitions with `step` among them, at its day: history, which may lie before what is known already.

    StepForbidden where the life with it would not be possible; it is not where the same step is there already.
    """
    if step in taken:
        return list(taken)
    _check_day(step, discovered_on, today)
    life = in_order([*taken, step])
    state: State = "open"
    for transition in life:
        _check_allowed(state, transition.to, RECORDED_LIFE)
        state = _led_to(transition.to)
    return life


def check_discovery(discovered_on: date, taken: Sequence[Transition], today: date) -> None:
    """Raise StepOutOfTime unless a finding with these transitions can have been discovered on that day."""
    if discovered_on > today:
        raise _out_of_time(f"It lies in the future; today is {today} (UTC).", "discovered_on")
    if taken and taken[0].on < discovered_on:
        raise _out_of_time(f"It was {taken[0].to} on {taken[0].on}, before that.", "discovered_on")


def _led_to(step: str) -> State:
    return "open" if step == "reopened" else next(state for state in STATES if state == step)


def _check_day(step: Transition, discovered_on: date, today: date) -> None:
    if step.on > today:
        raise _out_of_time(f"{step.on} lies in the future; today is {today} (UTC).")
    if step.on < discovered_on:
        raise _out_of_time(f"{step.on} lies before the discovery on {discovered_on}.")


def _check_allowed(state: str, to: str, life: Life) -> None:
    if to not in life[state]:
        raise _forbidden(state, to, life)


def _forbidden(state: str, to: str, life: Life) -> StepForbidden:
    allowed = [name for name in STEPS if name in life[state]]
    return StepForbidden(
        f"The finding is {state}, so it cannot become {to}; "
        + (f"allowed: {', '.join(allowed)}." if allowed else "no step is allowed any more."),
        members={"allowed": allowed},
    )


def _out_of_time(detail: str, field: str = "on") -> StepOutOfTime:
    return StepOutOfTime(detail, fields=[FieldError(f"#/{field}", detail)])
