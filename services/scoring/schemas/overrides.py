"""Tier overrides as the API takes and gives them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.scoring.schemas.performance import Body, View
from services.scoring.schemas.scores import RiskTier
from shared.days import Day

OverrideState = Literal["upcoming", "in_force", "ended", "withdrawn"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class NewTierOverride(Body):
    """A person's word on a supplier's risk tier, for a stated time; days are UTC and inclusive."""

    supplier_id: UUID
    risk_tier: RiskTier
    valid_from: Day | None = Field(default=None, description="Today unless given; never a past day")
    valid_until: Day = Field(description="Its last day; the policy says for how long it may hold")
    reason: Reason


class OverrideWithdrawal(Body):
    """Why an override holds no longer, from today on."""

    reason: Reason


class TierOverrideView(View):
    """A person's word on a supplier's risk tier; it shows beside the computed one, never instead of it."""

    id: UUID
    version: int
    supplier_id: UUID
    supplier_code: str
    scored_as: UUID = Field(description="Beside whose score it shows: the survivor where the supplier was merged")
    risk_tier: RiskTier
    valid_from: date
    valid_until: date = Field(description="Its last day")
    state: OverrideState = Field(description="As of today, in UTC")
    reason: str
    created_by: str
    created_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
