"""One change between two scores, and what it did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.scoring.domain.explanation.sums import in_millionths

Piece = Mapping[str, Any]
"""A piece of evidence as explanations show it."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """A change by its stable code, the piece of evidence that changed, and its effect on the score in points.

    `before` and `after` are the piece as it counted in each score, None where it was not there at all. `categories`
    are the points by category, where they fall into any.
    """

    cause: str
    evidence: str
    id: str | None
    points: float
    categories: Mapping[str, float] = field(default_factory=dict)
    before: Piece | None = None
    after: Piece | None = None

    def as_dict(self, points: float) -> dict[str, Any]:
        """Return it JSON-ready, with `points` as they are to stand in the sum."""
        return {
            "cause": self.cause,
            "evidence": self.evidence,
            "id": self.id,
            "points": points,
            "categories": {name: float(in_millionths(each)) for name, each in self.categories.items()},
            "before": self.before,
            "after": self.after,
        }
