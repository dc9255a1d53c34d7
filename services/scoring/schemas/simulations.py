"""What the API takes and gives of simulations."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.scoring.schemas.performance import Body, QuarterName, View
from services.scoring.schemas.policies import Version
from services.scoring.schemas.scores import RiskTier
from shared.days import Day

SimulationStatus = Literal["queued", "running", "succeeded", "failed"]
MOST_POLICIES = 4
MOST_QUARTERS = 8


class NewSimulation(Body):
    """On which days a policy is tried, and beside which others."""

    policies: Annotated[list[Version], Field(max_length=MOST_POLICIES)] = Field(
        default=[], description="Further versions, drafts among them, that are tried with it"
    )
    baseline: Version | None = Field(
        default=None, description="The version that all are held against; by default the one in force on each day"
    )
    day: Day | None = Field(
        default=None,
        description="With the performance and sourcing of the latest quarter that has any by then; by default today",
    )
    quarters: Annotated[list[QuarterName], Field(min_length=1, max_length=MOST_QUARTERS)] | None = Field(
        default=None, description="Past quarters instead, each on its last day", examples=[["2026Q1", "2026Q2"]]
    )

    @model_validator(mode="after")
    def _either_a_day_or_quarters(self) -> Self:
        if self.day is not None and self.quarters is not None:
            raise ValueError("give a day or quarters, not both")
        return self


class Moves(View):
    """How many suppliers go from where to where."""

    suppliers: int
    changed: int = Field(description="How many would be elsewhere")
    before: dict[str, int] = Field(description="How many there are of each under the baseline")
    after: dict[str, int] = Field(description="How many there would be under the policy")
    migration: dict[str, dict[str, int]] = Field(description="Before -> after -> how many")


class TierMoves(Moves):
    """Scores and risk tiers of the whole population."""

    mean_score_before: float | None
    mean_score_after: float | None
    raised: int = Field(description="Suppliers with a higher score")
    lowered: int = Field(description="Suppliers with a lower score")


class GradeMoves(Moves):
    """Grades of those that are reviewed."""

    median_total_before: float | None
    median_total_after: float | None


class Mover(View):
    """A line whose share would change."""

    commodity: str
    supplier_code: str
    share_before: float
    share_after: float


class ShareMoves(View):
    """Recommended shares of all commodities of the quarter's sourcing."""

    commodities: int
    left_out: int = Field(description="Commodities whose sourcing is wrong")
    lines: int
    lines_changed: int
    infeasible_before: int = Field(description="Commodities that the bounds leave no split for")
    infeasible_after: int
    share_moved: float = Field(description="Sum of |after - before| over all lines; each commodity's shares sum to 1")
    largest_movers: list[Mover]


class SimulatedDay(View):
    """What one policy would have come to on one day."""

    day: str = Field(description="As asked for: a day, or a quarter", examples=["2026Q3"])
    as_of: date
    policy_version: int
    baseline_version: int
    quarter: str | None = Field(description="Whose performance and sourcing are taken; null where there are none")
    tiers: TierMoves
    grades: GradeMoves | None
    warnings: list[str] = Field(description="What is odd about how the policy spreads suppliers over the grades")
    allocations: ShareMoves | None


class SimulationView(View):
    """Policies tried on the whole population; nothing real is changed by it."""

    id: UUID
    version: int
    policies: list[int]
    baseline: int | None = Field(description="Null: the policy in force on each day")
    days: list[str]
    status: SimulationStatus
    error: str | None
    total: int | None = Field(description="Suppliers, times days; null until counted")
    done: int
    result: list[SimulatedDay] = Field(description="One for each day and policy, as each day is done")
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class SimulatedChangeView(View):
    """A supplier whose tier or grade would be another."""

    day: str
    policy_version: int
    supplier_id: UUID
    supplier_code: str
    score_before: float
    score_after: float
    tier_before: RiskTier
    tier_after: RiskTier
    grade_before: str | None = Field(description="Null where it is not reviewed")
    grade_after: str | None
