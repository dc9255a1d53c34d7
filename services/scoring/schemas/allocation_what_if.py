"""What the API takes and gives of allocations that are only tried."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.scoring.schemas.allocations import AllocationLineView, ConstraintView, LimitsView
from services.scoring.schemas.performance import Body, Code, QuarterName
from services.scoring.schemas.sourcing import BaselineShare, BoundShare, LargestShare, LeastSources

Total = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False, examples=[88.5])]


class LineChange(Body):
    """What to change on a supplier's line; what is left out stays.

    A total of null is no rating, a bound of null none. Where total, tier, basis or missed finding are changed and the
    grade is not, the grade follows by the policy's rules.
    """

    supplier_code: Code
    qbr_total: Total | None = None
    grade: Literal["A", "B", "C", "D", "not_rated"] | None = None
    risk_tier: Literal["high", "medium", "low"] | None = None
    basis: Literal["assessed", "partly", "assumed"] | None = None
    priority_missed: bool | None = None
    capacity_share: BoundShare | None = None
    max_share: BoundShare | None = None
    min_share: BaselineShare | None = None
    blocked: bool | None = None


class CommodityChange(Body):
    """What to change on a commodity; a limit of null is none."""

    commodity: Code
    largest_share: LargestShare | None = None
    least_sources: LeastSources | None = None
    lines: list[LineChange] = Field(default=[], max_length=1000)


class WhatIf(Body):
    """Which allocations to try, and with what changed; nothing is stored."""

    qbr_quarter: QuarterName
    changes: list[CommodityChange] = Field(min_length=1, max_length=100)


class AdviceView(BaseModel):
    """What would be recommended for a commodity."""

    infeasible: bool
    relaxed: list[str]
    unallocated_share: float
    overcommitted_share: float
    lambda_: float | None = Field(alias="lambda")
    average_score: float | None
    limits: LimitsView
    binding: list[ConstraintView]
    lines: list[AllocationLineView]


class MoveView(BaseModel):
    """How a supplier's share would differ."""

    supplier_code: str
    present_share: float | None
    changed_share: float | None
    difference: float | None = Field(description="Null where either cannot be shared out")


class TriedView(BaseModel):
    """A commodity as it would be allocated now, and with the changes."""

    commodity: str
    present: AdviceView
    changed: AdviceView
    moves: list[MoveView]
    moved_share: float | None = Field(description="Which part of the orders goes elsewhere")


class WhatIfView(BaseModel):
    """The commodities in the order in which they were named."""

    qbr_quarter: str
    qbr_revision: int
    policy_version: int
    items: list[TriedView]
