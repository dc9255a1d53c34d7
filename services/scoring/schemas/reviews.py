"""What the API takes and gives of quarterly business reviews."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.domain.qbr import ActionKind, Grade
from services.scoring.schemas.performance import Body, QuarterName, View

QbrStatus = Literal["computing", "draft", "published", "failed"]


class NewQbr(Body):
    """The quarter to review; it must be over."""

    quarter: QuarterName


class QbrView(View):
    """A revision of a quarter's review."""

    id: UUID
    version: int
    quarter: str
    revision: int = Field(description="A published revision never changes; a correction is the next one")
    status: QbrStatus
    error: str | None = Field(description="Why it could not be computed")
    policy_version: int | None
    grades: dict[str, int] = Field(description="Grade -> how many suppliers", examples=[{"A": 12, "not_rated": 1}])
    warnings: list[str] = Field(description="What is odd about how the policy spreads suppliers over the grades")
    unknown_suppliers: list[str] = Field(description="Codes of the quarter that the registry does not know")
    dropped_suppliers: list[str] = Field(description="Codes of the revision before that are no more in this one")
    created_by: str
    created_at: datetime
    computed_at: datetime | None
    published_by: str | None
    published_at: datetime | None


class DimensionsView(View):
    """What was reviewed, 0-100; null where absent."""

    quality: float | None
    cost: float | None
    delivery: float | None
    service: float | None
    sustainability: float | None


class DifferenceView(DimensionsView):
    """Points more (or less) than in the quarter before; null where one of the two figures is absent."""

    total: float | None


class PreviousView(View):
    """The quarter just before, as it was published when this one was computed."""

    quarter: str
    revision: int
    total: float | None
    grade: Grade
    risk_tier: str
    dimensions: DimensionsView
    difference: DifferenceView
    policy_version: int
    policy_change: str | None = Field(description="Said where another policy graded that quarter")


class StandingView(View):
    """The sustainability score as of the quarter's last day, frozen."""

    status: str
    score: float
    base: float
    credit: float
    risk_tier: str
    tier_reasons: list[Any]
    basis: str
    confidence: float
    categories: dict[str, float]
    priority_missed: bool
    policy_version: int


class ScorecardView(View):
    """A supplier's result in a quarter's review."""

    quarter: str
    revision: int
    status: QbrStatus
    supplier_id: UUID
    supplier_code: str
    name: str
    rank: int
    dimensions: DimensionsView
    total: float | None
    coverage: float = Field(description="Weight of the dimensions present, 0-100")
    grade: Grade
    previous_grade: Grade | None = Field(description="Of the quarter before, as published")
    previous: PreviousView | None = Field(description="Null where the quarter before has no published scorecard")
    limits: list[str] = Field(description="Every rule that held the grade down")
    consequence: str = Field(examples=["eligible_for_more"])
    actions: list[ActionKind]
    reasons: dict[str, list[str]] = Field(
        description="The consequence and each action -> why, in words",
        examples=[{"keep": ["The total of 84.38 lies in the band of B, 70 to below 85."]}],
    )
    risk_tier: str
    basis: str
    priority_missed: bool
    standing: StandingView
    changes: dict[str, list[Any]] = Field(description="Field -> its value in the revision before, and in this one")
