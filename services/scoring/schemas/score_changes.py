"""What changed between two scores, as the API gives it."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.scoring.schemas.scores import Basis, RiskTier
from shared.languages import Language


class ComparedScore(BaseModel):
    """One of the two scores."""

    as_of: date
    policy_version: int
    score: float
    base: float
    credit: float
    risk_tier: RiskTier
    tier_reasons: list[str]
    basis: Basis
    confidence: float
    categories: dict[str, float]
    positions: dict[str, int] = Field(description="The feed positions that the evidence was known up to")


class Contribution(BaseModel):
    """A change and its effect on the score."""

    cause: str = Field(examples=["finding_overdue"])
    evidence: Literal[
        "audit", "finding", "survey", "country_risk", "participation", "certificate", "credit", "policy", "limit",
        "rounding",
    ] = Field(description="What kind of thing changed")  # fmt: skip
    id: str | None = Field(description="The piece of evidence, where it is one")
    points: float = Field(description="With six decimals; all of them sum to `difference`", examples=[-0.75])
    categories: dict[str, float] = Field(description="The points by risk category, where they fall into any")
    before: dict[str, Any] | None = Field(description="How it counted in the earlier score; null: it was not there")
    after: dict[str, Any] | None = Field(description="How it counts in the later score; null: it is not there")


class ScoreChanges(BaseModel):
    """Two scores of a supplier and what lies between them."""

    supplier_id: UUID
    supplier_code: str
    before: ComparedScore
    after: ComparedScore
    difference: float = Field(description="The later score less the earlier one")
    tier_reasons_new: list[str]
    tier_reasons_gone: list[str]
    contributions: list[Contribution] = Field(description="Those of the greatest effect first")
    language: Language
    words: list[str] = Field(description="The same in sentences")
