"""What a pack is computed from: a quarter's scorecards, those of earlier quarters, and what was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.scoring.domain.qbr import Dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The revision that is shown; `published_at` None is a draft, and its `computed_at` ends what it knows."""

    quarter: str
    revision: int
    computed_at: datetime
    created_by: str
    published_by: str | None
    published_at: datetime | None
    warnings: Sequence[str]
    unknown_suppliers: Sequence[str]
    dropped_suppliers: Sequence[str]

    @property
    def is_draft(self) -> bool:
        return self.published_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A supplier's scorecard; figures are 0-100, None where absent."""

    supplier_id: UUID
    code: str
    name: str
    country: str | None
    dimensions: Mapping[Dimension, float | None]
    total: float | None
    coverage: float
    grade: str
    previous_grade: str | None
    limits: Sequence[str]
    consequence: str
    actions: Sequence[str]
    risk_tier: str
    tier_reasons: Sequence[str]
    basis: str
    confidence: float
    base: float
    credit: float
    categories: Mapping[str, float]
    changes: Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A supplier's result in an earlier published quarter."""

    quarter: str
    supplier_id: UUID
    dimensions: Mapping[Dimension, float | None]
    total: float | None
    grade: str
    risk_tier: str
    categories: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that the review asks somebody to do: `due_on`, or, as long as it is a draft, so many days after."""

    supplier_id: UUID
    kind: str
    owner_role: str
    due_on: date | None
    due_days: int
