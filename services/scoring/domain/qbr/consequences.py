"""What follows from a grade: what the supplier is eligible for, and the actions that fall due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.scoring.domain.qbr.constants import ActionKind, ActionRule, Grade, OwnerRole, QbrConstants
from services.scoring.domain.qbr.grading import Limit


class Standing(StrEnum):
    """What the grade means for the volume of business."""

    ELIGIBLE_FOR_MORE = "eligible_for_more"
    KEEP = "keep"
    NO_MORE = "no_more"
    NO_NEW_BUSINESS = "no_new_business"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DueAction:
    """An action of a published review, before it has a person and a state."""

    kind: ActionKind
    owner_role: OwnerRole
    due_on: date


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows from one review."""

    standing: Standing
    actions: tuple[ActionRule, ...]

    def due(self, published_on: date) -> tuple[DueAction, ...]:
        """The actions with their due dates, counted in calendar days from publication."""
        return tuple(
            DueAction(rule.kind, rule.owner_role, published_on + timedelta(days=rule.due_days)) for rule in self.actions
        )


_OF_GRADE = {
    Grade.A: (Standing.ELIGIBLE_FOR_MORE, (ActionKind.RECOGNITION,)),
    Grade.B: (Standing.KEEP, ()),
    Grade.C: (Standing.NO_MORE, (ActionKind.IMPROVEMENT_PLAN,)),
    Grade.D: (Standing.NO_NEW_BUSINESS, (ActionKind.NO_NEW_BUSINESS, ActionKind.PHASE_OUT_PLAN)),
    Grade.NOT_RATED: (Standing.NONE, ()),
}


def consequences(
    grade: Grade,
    *,
    previous_grade: Grade | None,
    limits: Collection[Limit] = (),
    constants: QbrConstants | None = None,
) -> Consequences:
    """Tell what follows from a grade; `previous_grade` is that of the quarter just before, None without one.

    An unrated or missing quarter between two C breaks the row. A tier that is high by assumption alone asks
    for an assessment whatever the grade, since knowing nothing of a supplier is what it mends.
    """
    rules = constants or QbrConstants()
    standing, kinds = _OF_GRADE[grade]
    if grade is Grade.C and previous_grade is Grade.C:
        kinds = (*kinds, ActionKind.SPECIAL_AUDIT)
    if Limit.RISK_TIER_HIGH_ASSUMED in limits:
        kinds = (*kinds, ActionKind.ASSESS)
    return Consequences(standing, tuple(rules.rule(kind) for kind in kinds))
