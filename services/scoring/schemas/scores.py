"""Scores as the API gives them."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.languages import Language

RiskTier = Literal["high", "medium", "low"]
Basis = Literal["assessed", "partly", "assumed"]


class ShownOverride(BaseModel):
    """What a person has said of a supplier's risk tier; it shows beside the computed one, never instead of it."""

    id: UUID
    version: int
    risk_tier: RiskTier
    valid_from: date
    valid_until: date = Field(description="Its last day")
    reason: str | None = Field(description="Null for a supplier's own client: it is written for one's own people")


class ScoreView(BaseModel):
    """The sustainability score of a supplier; 0-100, higher is better."""

    model_config = ConfigDict(from_attributes=True)

    supplier_id: UUID
    supplier_code: str = Field(examples=["S0042"])
    version: int = Field(description="Grows when the digits change; 0 for a past day's score")
    score: float = Field(description="Base and credit, at most 100", examples=[89.55])
    base: float = Field(description="Mean of the categories; the tier follows from it", examples=[88.3])
    credit: float = Field(description="For taking part and for certificates, 0-3", examples=[1.25])
    risk_tier: RiskTier
    tier_reasons: list[str] = Field(description="Every rule that put the supplier in its tier")
    tier_override: ShownOverride | None = Field(description="In force on the day; null where nobody has said anything")
    basis: Basis = Field(description="Whether the score rests on evidence, on part of it, or on prudence alone")
    confidence: float = Field(description="The share of the weights that is not assumed, 0-1", examples=[0.85])
    categories: dict[str, float] = Field(examples=[{"management_system": 93.25, "labor_employment": 78.25}])
    policy_version: int
    as_of: date = Field(description="The day (UTC) that the score holds for")
    computed_at: datetime
    valid_until: date | None = Field(description="The last day on which the same evidence gives this score")
    incomplete: bool = Field(description="A change about this supplier could not be taken in; operators see why")


class HistoryEntry(BaseModel):
    """A score as it was computed when evidence came."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    score_version: int
    score: float
    base: float
    credit: float
    risk_tier: RiskTier
    tier_reasons: list[str]
    basis: Basis
    confidence: float
    categories: dict[str, float]
    policy_version: int
    as_of: date
    computed_at: datetime
    registry_pos: int = Field(description="Coordinates: the feed positions that the evidence was known up to")
    audit_pos: int
    engagement_pos: int
    scoring_pos: int


class Explanation(BaseModel):
    """What a score is made of; the points of `parts` add up to the score, as they are written."""

    model_config = ConfigDict(extra="allow")

    supplier_id: UUID
    supplier_code: str
    positions: dict[str, int] = Field(description="The feed positions that the evidence was known up to")
    score: float
    sums: dict[str, Any] = Field(description="The score as a sum to be checked by hand, the rounding last")
    parts: list[Any]
    tier_override: ShownOverride | None
    language: Language
    words: list[str] = Field(description="The same in sentences")


class SourceView(BaseModel):
    """How far a service's feed has been taken in."""

    model_config = ConfigDict(from_attributes=True)

    source: str = Field(examples=["audit"])
    head: int | None = Field(description="The newest event there is; null while the service is away")
    cursor: int = Field(description="The newest event taken in")
    lag: int | None


class Freshness(BaseModel):
    """Whether all that is known has been scored."""

    fresh: bool
    dirty: int = Field(description="Suppliers that wait for a new score")
    recalculating: bool = Field(description="Whether a recalculation of all scores is open")
    sources: list[SourceView]
