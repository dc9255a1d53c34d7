"""The quarterly business review: totals, grades with their limits, and what follows from them."""

from services.scoring.domain.qbr.consequences import Consequences, DueAction, Standing, consequences
from services.scoring.domain.qbr.constants import (
    ActionKind,
    ActionRule,
    Dimension,
    Grade,
    OwnerRole,
    QbrConstants,
    Spread,
)
from services.scoring.domain.qbr.grading import Limit, Review, grade
from services.scoring.domain.qbr.missed import priority_missed
from services.scoring.domain.qbr.reasons import reasons_of
from services.scoring.domain.qbr.spread import warnings_of
from services.scoring.domain.qbr.trend import FIGURES, differences, policy_change

__all__ = [
    "FIGURES",
    "ActionKind",
    "ActionRule",
    "Consequences",
    "Dimension",
    "DueAction",
    "Grade",
    "Limit",
    "OwnerRole",
    "QbrConstants",
    "Review",
    "Spread",
    "Standing",
    "consequences",
    "differences",
    "grade",
    "policy_change",
    "priority_missed",
    "reasons_of",
    "warnings_of",
]
