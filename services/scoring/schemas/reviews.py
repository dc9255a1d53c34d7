"""What the API takes and gives of quarterly business reviews and actions."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.scoring.domain.qbr import ActionKind, Grade, OwnerRole
from services.scoring.schemas.performance import Body, QuarterName, View

QbrStatus = Literal["computing", "draft", "published", "failed"]
ActionState = Literal["open", "done", "cancelled"]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


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
    limits: list[str] = Field(description="Every rule that held the grade down")
    consequence: str = Field(examples=["eligible_for_more"])
    actions: list[ActionKind]
    risk_tier: str
    basis: str
    priority_missed: bool
    standing: StandingView
    changes: dict[str, list[Any]] = Field(description="Field -> its value in the revision before, and in this one")


class ActionView(View):
    """Something that a published review asks somebody to do."""

    id: UUID
    version: int
    quarter: str
    revision: int
    supplier_id: UUID
    supplier_code: str
    kind: ActionKind
    owner_role: OwnerRole
    owner: str | None = Field(description="The person who sees it through, as an opaque id")
    due_on: date
    state: ActionState
    note: str | None
    created_at: datetime
    closed_by: str | None
    closed_at: datetime | None


class ActionPatch(Body):
    """The fields to change; those left out stay. Cancelling needs a note."""

    state: ActionState | None = None
    owner: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _cancelling_is_explained(self) -> Self:
        if "state" in self.model_fields_set and self.state is None:
            raise ValueError("state cannot be null")
        if self.state == "cancelled" and not self.note:
            raise ValueError("cancelling needs a note that says why")
        return self
