"""What suppliers promised about findings, as the API takes and gives it."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.audit.domain import commitments
from services.audit.domain.commitments import Standing
from services.audit.schemas.fields import Body, LongText, Reference, Text, View
from shared.days import Day


class CommitmentBody(Body):
    """A commitment as whoever keeps the meeting's record tells it."""

    what: LongText
    meeting: Reference = Field(description="Reference of the meeting in which it was made", examples=["MTG-2026-Q2-S1"])
    made_on: Day
    due_on: Day = Field(description="Not before made_on")
    withdrawn_on: Day | None = Field(default=None, description="From when it holds no longer; never taken back")
    reason: Text | None = Field(default=None, description="Why it was withdrawn; only with withdrawn_on")

    @model_validator(mode="after")
    def _a_reason_of_something(self) -> Self:
        if self.reason is not None and self.withdrawn_on is None:
            raise ValueError("reason needs withdrawn_on")
        return self


class KeptBody(Body):
    """That a commitment was kept."""

    kept_on: Day | None = Field(default=None, description="Today (UTC) unless given; not before it was made")
    note: LongText | None = Field(default=None, description="How it was kept, or what showed it")


class CommitmentReopening(Body):
    """Why a commitment counts as kept no longer."""

    reason: Text


class CommitmentView(View):
    """What a supplier promised in a support meeting to do about a finding."""

    id: UUID
    version: int
    finding_id: UUID
    finding_ref: str
    supplier_id: UUID
    supplier_code: str
    what: str
    meeting: str
    made_on: date
    due_on: date
    status: Standing
    overdue: bool = Field(description="Whether it is open past its due date today (UTC), its finding not withdrawn")
    kept_on: date | None
    withdrawn_on: date | None
    note: str | None = Field(description="How it was kept, or why it was withdrawn")
    ended_by: str | None = Field(description="Opaque id of who said that it was kept, or withdrew it")
    ended_at: datetime | None
    created_by: str
    created_at: datetime


def commitment_view(row: Any, today: date) -> CommitmentView:
    """A commitment as the API shows it; `row` has it with its finding's reference, status and supplier."""
    commitment = row.FindingCommitment
    stands = commitments.standing(commitment.kept_on, commitment.withdrawn_on)
    told = {name: getattr(row, name) for name in ("finding_ref", "supplier_id", "supplier_code")} | {
        "status": stands,
        "overdue": commitments.is_overdue(stands, commitment.due_on, row.finding_status, today),
    }
    kept = {name: getattr(commitment, name) for name in CommitmentView.model_fields if name not in told}
    return CommitmentView.model_validate(kept | told)
