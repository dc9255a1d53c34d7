"""What webhooks send, for whoever receives it; `domain/webhook/events.py` says which fields these are."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.schemas.performance import View
from services.scoring.schemas.scores import Basis, RiskTier

Version = Annotated[int, Field(description="Of the resource: keep a message only where it is above what you hold")]
FeedSeq = Annotated[int, Field(description="The position of the change in the feed")]


class Told(View):
    """What every message tells of a resource."""

    id: UUID
    version: Version
    feed_seq: FeedSeq


class ScoreChangedData(Told):
    """A supplier's new score."""

    supplier_id: UUID
    supplier_code: str
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


class RiskTierChangedData(Told):
    """A supplier's new risk tier."""

    supplier_id: UUID
    supplier_code: str
    risk_tier: RiskTier
    previous: RiskTier | None
    tier_reasons: list[str]
    score_version: int


class QbrPublishedData(Told):
    """A review that was published."""

    quarter: str
    revision: int
    policy_version: int
    grades: dict[str, int] = Field(description="How many suppliers have which grade")


class ApprovedShare(View):
    """A supplier's share of a commodity."""

    supplier_id: UUID
    supplier_code: str
    share: float | None


class AllocationApprovedData(Told):
    """An allocation by which orders are to be placed."""

    qbr_quarter: str
    qbr_revision: int
    commodity: str
    status: Literal["approved", "overridden"]
    valid_from: date
    valid_to: date
    supersedes: UUID | None
    lines: list[ApprovedShare] | None = Field(description="Null above 100 lines: read the allocation")


class WebhookTestData(View):
    """Nothing but the webhook that was tried."""

    webhook_id: UUID


class ScoreChanged(View):
    """A score has changed."""

    type: Literal["score.changed"]
    timestamp: datetime
    data: ScoreChangedData


class RiskTierChanged(View):
    """A risk tier has changed."""

    type: Literal["risk_tier.changed"]
    timestamp: datetime
    data: RiskTierChangedData


class QbrPublished(View):
    """A review was published."""

    type: Literal["qbr.published"]
    timestamp: datetime
    data: QbrPublishedData


class AllocationApproved(View):
    """An allocation was approved or overridden."""

    type: Literal["allocation.approved"]
    timestamp: datetime
    data: AllocationApprovedData


class WebhookTest(View):
    """Somebody asked for a test."""

    type: Literal["webhook.test"]
    timestamp: datetime
    data: WebhookTestData
