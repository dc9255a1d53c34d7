"""The figures of the quarterly business review, as data that a policy carries."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """What a review comes to; `NOT_RATED` where there is too little to judge by."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    NOT_RATED = "not_rated"


class Dimension(StrEnum):
    """What a review looks at, in the order of all arrays of dimensions."""

    QUALITY = "quality"
    COST = "cost"
    DELIVERY = "delivery"
    SERVICE = "service"
    SUSTAINABILITY = "sustainability"


class ActionKind(StrEnum):
    """What a published review asks somebody to do."""

    RECOGNITION = "recognition"
    IMPROVEMENT_PLAN = "improvement_plan"
    SPECIAL_AUDIT = "special_audit"
    NO_NEW_BUSINESS = "no_new_business"
    PHASE_OUT_PLAN = "phase_out_plan"
    ASSESS = "assess"


class OwnerRole(StrEnum):
    """Who has to see an action through."""

    PROCUREMENT = "procurement"
    SUSTAINABILITY = "sustainability"


@dataclass(frozen=True, slots=True)
class ActionRule:
    """One kind of action: who owns it, and how many calendar days after publication it is due."""

    kind: ActionKind
    owner_role: OwnerRole
    due_days: int


@dataclass(frozen=True, slots=True)
class Spread:
    """From when on it is odd how suppliers are spread over the grades: see `spread.warnings_of`."""

    largest_part: float = 0.4
    """A grade with more than this part of the rated suppliers is too large; 0-1."""

    edge_distance: float = 0.5
    """A median total within this many points of a grade's edge is too close to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QbrConstants:
    """Policy `default`, version 1; weights, totals and coverages are 0-100, allowances are calendar days."""

    quality_weight: float = 30.0
    cost_weight: float = 20.0
    delivery_weight: float = 20.0
    service_weight: float = 10.0
    sustainability_weight: float = 20.0
    a_from: float = 85.0
    b_from: float = 70.0
    c_from: float = 50.0
    rated_from_coverage: float = 50.0
    uncapped_from_coverage: float = 80.0
    unclosed_allowance_days: int = 60
    spread: Spread = Spread()
    actions: tuple[ActionRule, ...] = (
        ActionRule(ActionKind.RECOGNITION, OwnerRole.PROCUREMENT, 30),
        ActionRule(ActionKind.IMPROVEMENT_PLAN, OwnerRole.PROCUREMENT, 30),
        ActionRule(ActionKind.SPECIAL_AUDIT, OwnerRole.SUSTAINABILITY, 90),
        ActionRule(ActionKind.NO_NEW_BUSINESS, OwnerRole.PROCUREMENT, 0),
        ActionRule(ActionKind.PHASE_OUT_PLAN, OwnerRole.PROCUREMENT, 60),
        ActionRule(ActionKind.ASSESS, OwnerRole.SUSTAINABILITY, 90),
    )

    @property
    def weights(self) -> tuple[float, ...]:
        """In the order of `Dimension`."""
        return (
            self.quality_weight,
            self.cost_weight,
            self.delivery_weight,
            self.service_weight,
            self.sustainability_weight,
        )

    @property
    def edges(self) -> tuple[tuple[Grade, float], ...]:
        """Where the bands of totals begin, from the best on; below the last one lies D."""
        return ((Grade.A, self.a_from), (Grade.B, self.b_from), (Grade.C, self.c_from))

    def rule(self, kind: ActionKind) -> ActionRule:
        """The rule of a kind; KeyError where the policy has none."""
        return {rule.kind: rule for rule in self.actions}[kind]
