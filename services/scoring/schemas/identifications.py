"""Risk identifications as the API takes and gives them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.schemas.performance import YEARS, Body, View
from services.scoring.schemas.scores import Basis, RiskTier
from shared.days import Day

IdentificationStatus = Literal["computing", "frozen", "failed"]
Year = Annotated[int, Field(ge=YEARS.start, lt=YEARS.stop, examples=[2026])]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]


class NewIdentification(Body):
    """The year whose risks are to be identified."""

    year: Year
    as_of: Day | None = Field(
        default=None, description="A day of the year; unless given its last, or today while the year is not over"
    )


class LeftOutView(View):
    """Suppliers that a run does not look at for one reason."""

    suppliers: int
    first_codes: list[str] = Field(description="The first of them, in the order of their ids")


class IdentificationView(View):
    """A year's risk identification; a frozen one never changes, a correction is the next revision."""

    id: UUID
    version: int
    year: int
    revision: int
    as_of: date = Field(description="The day (UTC) that the scores hold for")
    status: IdentificationStatus
    error: str | None = Field(description="Why it could not be computed")
    policy_version: int | None
    known_at: datetime | None = Field(description="What was known at this moment counts; null while it has not begun")
    total: int | None = Field(description="Suppliers to look at")
    done: int = Field(description="Suppliers looked at")
    identified: int = Field(description="Suppliers in the run; 0 until it is frozen")
    left_out: dict[str, LeftOutView] = Field(
        description="Why suppliers are not in it: not_active, no_spend, other_currency, below_spend"
    )
    risk_tiers: dict[str, int] = Field(description="Risk tier -> how many suppliers")
    supply_tiers: dict[str, dict[str, int]] = Field(
        description="Supply tier, or `unknown` -> risk tier -> how many suppliers"
    )
    category_means: dict[str, float]
    previous_id: UUID | None = Field(description="The year before's run, of which the risks' previous_risk_tier is")
    created_by: str
    created_at: datetime
    frozen_at: datetime | None


class SpendView(View):
    """An amount in a currency."""

    amount: Decimal
    currency: str


class RiskView(View):
    """A supplier in a risk identification: its risks, and what they ask for."""

    supplier_id: UUID
    supplier_code: str
    name: str
    country: str | None
    supply_tier: int | None
    annual_spend: SpendView | None
    risk_tier: RiskTier
    override_risk_tier: RiskTier | None = Field(
        description="A person's word on that day, beside the computed tier and never instead of it"
    )
    previous_risk_tier: RiskTier | None = Field(description="In the year before, where there was a run with it")
    score: float
    base: float
    categories: dict[str, float]
    tier_reasons: list[str] = Field(description="Every rule that put the supplier in its tier")
    basis: Basis
    confidence: float
    approach: str = Field(description="How suppliers of this tier are managed")
    required_actions: list[str]


class ComparedRun(View):
    """One of the two runs that are compared."""

    id: UUID
    year: int
    revision: int
    as_of: date
    policy_version: int = Field(description="Where it differs, a supplier may have moved without a change of its own")
    identified: int


class MeanView(View):
    """A category's mean over all suppliers of each run; null where the run's policy has no such category."""

    before: float | None
    after: float | None
    difference: float | None


class SupplyTierView(View):
    """Risk tier -> how many suppliers of a supply tier, in each run."""

    before: dict[str, int]
    after: dict[str, int]


class ComparisonView(View):
    """One run held against an earlier one; `rose` is to a higher risk tier."""

    identification: ComparedRun
    compared_with: ComparedRun
    matrix: dict[str, dict[str, int]] = Field(description="Risk tier before -> after -> suppliers in both runs")
    rose: int
    fell: int
    unchanged: int
    new: dict[str, int] = Field(description="Risk tier -> suppliers that are in this run alone")
    gone: dict[str, int] = Field(description="Risk tier before -> suppliers that are in the earlier run alone")
    category_means: dict[str, MeanView]
    supply_tiers: dict[str, SupplyTierView]


class ChangeView(View):
    """A supplier whose risk tier is another than before, who is new, or gone."""

    supplier_id: UUID
    supplier_code: str
    name: str
    country: str | None
    supply_tier: int | None
    change: Literal["rose", "fell", "new", "gone"]
    risk_tier_before: RiskTier | None
    risk_tier_after: RiskTier | None
    score_before: float | None
    score_after: float | None
