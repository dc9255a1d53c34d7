"""What the API takes and gives of actions."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.scoring.domain.qbr import ActionKind, OwnerRole
from services.scoring.schemas.performance import Body, View
from shared.days import Day

ActionState = Literal["open", "done", "cancelled"]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Owner = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ActionView(View):
    """Something that a published review asks somebody to do."""

    id: UUID
    version: int
    quarter: str
    revision: int = Field(description="Of the review that first asked for it")
    supplier_id: UUID
    supplier_code: str
    kind: ActionKind
    reasons: list[str] = Field(description="Why it was asked for, in words")
    owner_role: OwnerRole
    owner: str | None = Field(description="The person who sees it through, as an opaque id")
    due_on: date
    first_due_on: date | None = Field(description="Where due_on was moved: what it was on publication")
    overdue: bool = Field(description="Open, and past its due date today (UTC)")
    state: ActionState
    note: str | None
    created_at: datetime
    closed_by: str | None
    closed_at: datetime | None


class ActionPatch(Body):
    """The fields to change; those left out stay. Cancelling and moving the due date need a note that says why."""

    state: ActionState | None = None
    owner: Owner | None = None
    due_on: Day | None = Field(None, description="Today or later")
    note: Note | None = None

    @model_validator(mode="after")
    def _what_is_there_stays_there(self) -> Self:
        for name in ("state", "due_on"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self
