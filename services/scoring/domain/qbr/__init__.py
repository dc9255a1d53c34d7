"""The quarterly business review: totals, grades with their limits, and what follows from them."""

from services.scoring.domain.qbr.consequences import Consequences, DueAction, Standing, consequences
from services.scoring.domain.qbr.constants import (
    ActionKind,
    ActionRule,
    Dimension,
    Grade,
    OwnerRole,
    QbrConstants,
)
from services.scoring.domain.qbr.grading import Limit, Review, grade
from services.scoring.domain.qbr.missed import priority_missed

__all__ = [
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
    "Standing",
    "consequences",
    "grade",
    "priority_missed",
]
