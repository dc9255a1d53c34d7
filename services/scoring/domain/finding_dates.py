"""Which of a finding's dated transitions stand on a day, once rejections and reopenings have voided earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

Step = Literal[
    "submitted",
    "plan_submitted",
    "plan_approved",
    "plan_rejected",
    "implemented",
    "closed",
    "reopened",
    "withdrawn",
    "extended",
]

VOIDING = frozenset({"plan_rejected", "reopened"})


class Transition(NamedTuple):
    """A finding's step `to` another state, on the day it holds from; steps that change no date are ignored."""

    to: str
    on: date


@dataclass(frozen=True, slots=True)
class EffectiveDates:
    """The dates that count; None where there is none. A withdrawal is never voided."""

    approved_on: date | None = None
    implemented_on: date | None = None
    closed_on: date | None = None
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class CollapsedDates(EffectiveDates):
    """The dates with nothing cut off, and the day of the last step that voided earlier ones.

    They equal the effective dates of every day D with `voided_on` absent or <= D, once dates after D are ignored.
    """

    voided_on: date | None = None


def effective_dates(transitions: Sequence[tuple[str, date]], day: date) -> EffectiveDates:
    """Return the dates that stand at the end of `day`; later transitions do not exist yet.

    Transitions of the same day hold in the order given.
    """
    known = collapsed([(to, on) for to, on in transitions if on <= day])
    return EffectiveDates(known.approved_on, known.implemented_on, known.closed_on, known.withdrawn_on)


def collapsed(transitions: Sequence[tuple[str, date]]) -> CollapsedDates:
    """Return the dates that stand after all `transitions`; of equal steps the first one counts."""
    standing: dict[str, date] = {}
    voided_on: date | None = None
    for to, on in sorted(transitions, key=lambda transition: transition[1]):
        if to in VOIDING:
            standing = {step: since for step, since in standing.items() if step == "withdrawn"}
            voided_on = on
        else:
            standing.setdefault(to, on)
    return CollapsedDates(
        approved_on=standing.get("plan_approved"),
        implemented_on=standing.get("implemented"),
        closed_on=standing.get("closed"),
        withdrawn_on=standing.get("withdrawn"),
        voided_on=voided_on,
    )
