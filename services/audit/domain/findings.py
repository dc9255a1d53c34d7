"""The life of a finding: which dated step may follow which, and where the steps taken have led."""

from collections.abc import Iterable, Mapping, Sequence
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

Life = Mapping[State, frozenset[Step]]

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


class StepForbidden(Conflict):
    """The finding is in no state in which this step may be taken."""

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


def is_overdue(status: str, due_on: date, today: date) -> bool:
    """Whether a finding should have been mended before `today` and is not."""
    return status in UNMENDED and due_on < today


def take_step(taken: Sequence[Transition], step: Transition, *, discovered_on: date, today: date) -> list[Transition]:
    """The transitions with `step` behind them; StepForbidden names the allowed steps, StepOutOfTime the days."""
    _check_day(step, discovered_on, today)
    _check_allowed(state_after(taken), step, LIFE)
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
        _check_allowed(state, transition, RECORDED_LIFE)
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


def _check_allowed(state: State, step: Transition, life: Life) -> None:
    if step.to in life[state]:
        return
    allowed = [name for name in STEPS if name in life[state]]
    raise StepForbidden(
        f"The finding is {state}, so it cannot become {step.to}; "
        + (f"allowed: {', '.join(allowed)}." if allowed else "no step is allowed any more.")
    )


def _out_of_time(detail: str, field: str = "on") -> StepOutOfTime:
    return StepOutOfTime(detail, fields=[FieldError(f"#/{field}", detail)])
