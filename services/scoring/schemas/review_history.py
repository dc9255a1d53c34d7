"""What the API gives of reviews over quarters and revisions."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.scoring.domain.qbr import ActionKind, Grade
from services.scoring.schemas.performance import View
from services.scoring.schemas.reviews import DifferenceView, DimensionsView, QbrStatus
from shared.web.pages import Page


class TrendPoint(View):
    """A supplier's review of one quarter."""

    quarter: str
    revision: int
    status: QbrStatus = Field(description="Earlier quarters are published; the last may be a draft")
    rank: int
    total: float | None
    coverage: float
    grade: Grade
    dimensions: DimensionsView
    limits: list[str]
    consequence: str
    risk_tier: str
    basis: str
    difference: DifferenceView | None = Field(description="To the quarter just before; null where that is absent")
    policy_version: int
    policy_change: str | None = Field(description="Said where another policy graded the point before")


class Gap(View):
    """A quarter after the first point that has none."""

    quarter: str
    reason: Literal["not_published", "not_reviewed"]


class TrendView(View):
    """How a supplier's reviews moved."""

    supplier_id: UUID
    supplier_code: str
    quarter: str
    points: list[TrendPoint] = Field(description="The oldest first")
    gaps: list[Gap]


class CardSide(View):
    """A supplier in one revision."""

    name: str
    total: float | None
    grade: Grade
    previous_grade: Grade | None
    limits: list[str]
    consequence: str
    actions: list[ActionKind]
    coverage: float
    risk_tier: str
    basis: str
    priority_missed: bool
    dimensions: DimensionsView


class SupplierChange(View):
    """What a revision changed for a supplier; a side is null where it is not in that revision."""

    supplier_id: UUID
    supplier_code: str
    change: Literal["added", "dropped", "changed"]
    fields: list[str] = Field(description="What differs", examples=[["quality", "total", "grade", "consequence"]])
    before: CardSide | None
    after: CardSide | None


class ChangesPage(Page[SupplierChange]):
    """What a revision changed against the one before, by supplier code."""

    quarter: str
    revision: int
    compared_with: int
    added: int
    dropped: int
    changed: int


class ReportedFigures(View):
    """What the ERP reports, 0-100; null where absent."""

    quality: float | None
    cost: float | None
    delivery: float | None
    service: float | None


class LatePerformance(View):
    """Figures that came or changed after a review was computed."""

    supplier_id: UUID
    supplier_code: str
    updated_at: datetime
    reported: ReportedFigures = Field(description="As they are now")
    reviewed: ReportedFigures | None = Field(description="What the review rests on; null: the supplier is not in it")


class LatePage(Page[LatePerformance]):
    """Figures that a revision does not rest on, by supplier code; the next one would take them in."""

    quarter: str
    revision: int
