"""What the API takes and gives of order allocations."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.scoring.schemas.performance import Body, Code, QuarterName, View
from shared.days import Day

AllocationStatus = Literal["proposed", "override_pending", "approved", "overridden", "superseded"]
RunStatus = Literal["queued", "running", "succeeded", "partially_succeeded", "failed"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
PublishedShare = Annotated[Decimal, Field(ge=0, le=1, decimal_places=6, description="Part of 1", examples=[0.25])]


class NewAllocations(Body):
    """Which published review the allocation rests on, and when it holds: the quarter after it by default."""

    qbr_quarter: QuarterName
    valid_from: Day | None = None
    valid_to: Day | None = None


class ShareBody(Body):
    """A supplier's share."""

    supplier_code: Code
    share: PublishedShare


class Override(Body):
    """Shares that a person decides on instead; suppliers left out get nothing, and all sum to exactly 1."""

    reason: Reason
    lines: list[ShareBody] = Field(min_length=1, max_length=1000)


class Rejection(Body):
    """Why an override is not confirmed; it goes into the audit log."""

    reason: Reason


class Realised(Body):
    """The shares that were really ordered; suppliers left out are not known."""

    lines: list[ShareBody] = Field(min_length=1, max_length=1000)


class RunError(BaseModel):
    """Why a commodity could not be allocated."""

    commodity: str
    supplier_code: str | None
    column: str = Field(examples=["baseline_share"])
    detail: str


class RunView(View):
    """A computation over all commodities of a quarter's sourcing."""

    id: UUID
    version: int
    qbr_quarter: str
    valid_from: date
    valid_to: date
    status: RunStatus
    error: str | None = Field(description="Why nothing was computed at all")
    total: int | None = Field(description="Commodities in the quarter's sourcing; null until counted")
    proposed: int = Field(description="Commodities with a proposal, the infeasible ones included")
    infeasible: int = Field(description="Proposals that only a person's override can turn into shares")
    failed: int = Field(description="Commodities whose sourcing is wrong; `errors` says why")
    errors: list[RunError]
    unknown_suppliers: list[str] = Field(description="Codes that the registry does not know; allocated as not rated")
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class ReasonView(BaseModel):
    """Why a line's share is what it is."""

    code: str = Field(examples=["capacity"])
    text: str = Field(examples=["The supplier's capacity allows no more."])


class EffectsView(BaseModel):
    """The parts of a line's change, which add up to `delta`."""

    score: float
    multiplier: float
    bound: float
    rebalancing: float
    rounding: float


class NotKeptView(BaseModel):
    """A limit of concentration that the shares do not keep."""

    limit: Literal["largest_share", "least_sources"]
    supplier_codes: list[str] = Field(description="Who gets too much")
    text: str


class LimitsView(BaseModel):
    """The commodity's limits of concentration as they were when it was computed, and how the shares stand to them."""

    largest_share: float | None
    least_sources: int | None
    sources: int | None = Field(description="How many suppliers get orders; null without limits or shares")
    not_kept: list[NotKeptView]


class ConstraintView(BaseModel):
    """A bound that stopped a line's share."""

    supplier_code: str
    bound: str = Field(examples=["capacity"])
    text: str = Field(examples=["The supplier's capacity allows no more."])
    at: float | None = Field(description="Where it stands, as a part of 1")


class AllocationLineView(View):
    """One supplier's part; shares are parts of 1."""

    supplier_id: UUID | None = Field(description="Null where the registry does not know the code")
    supplier_code: str
    baseline_share: float
    recommended_share: float | None = Field(description="Null where the allocation is infeasible")
    delta: float | None = Field(description="Recommended less baseline")
    overridden_share: float | None = Field(description="What a person decided on instead")
    share: float | None = Field(description="What counts: the overridden share, else the recommended one")
    realised_share: float | None = Field(description="What was really ordered, as reported back")
    qbr_total: float | None
    grade: str
    multiplier: float
    risk_tier: str | None
    basis: str | None
    capacity_share: float | None
    max_share: float | None
    min_share: float | None
    lower_share: float | None = Field(description="The least that the rules allowed, relaxed where that was needed")
    upper_share: float | None = Field(description="The most that the rules allowed")
    blocked: bool
    bound: str = Field(description="The rule that stopped the share, or `none`")
    effects: EffectsView | None
    reasons: list[ReasonView]
    explanation: str = Field(description="The same in a sentence with its figures")


class AllocationView(View):
    """How the orders of one commodity should be shared out."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    id: UUID
    version: int
    run_id: UUID
    qbr_quarter: str
    qbr_revision: int
    commodity: str
    valid_from: date
    valid_to: date
    supersedes: UUID | None = Field(description="The approved or overridden allocation that this one replaced")
    status: AllocationStatus
    infeasible: bool
    relaxed: list[str] = Field(description="The groups of bounds that had to move, in their order")
    unallocated_share: float
    overcommitted_share: float
    lambda_: float | None = Field(alias="lambda", description="What rebalancing adds to each unbounded share's part")
    average_score: float | None
    limits: LimitsView
    binding: list[ConstraintView] = Field(description="The bounds that stopped shares")
    policy_version: int | None
    created_by: str
    created_at: datetime
    overridden_by: str | None = Field(description="Who wants, or wanted, other shares")
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None = Field(description="Of an override")
    lines: list[AllocationLineView]


class AllocationPage(BaseModel):
    """A page of allocations in the order of their last changes of status."""

    items: list[AllocationView]
    next_cursor: str | None
    next_after: int = Field(description="Ask with this as `after` for what changes from here on")
    epoch: UUID = Field(description="Ask with this as `epoch`: once it is another one, begin again from 0")
