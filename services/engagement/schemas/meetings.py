"""What support meetings treat and what is promised in them; and a commitment as audit's feed tells it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.engagement.domain.commitments import Status
from services.engagement.schemas.fields import Body, Day, Text, View

Account = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


class TreatedFindingBody(Body):
    """What a meeting says of a finding that it treats; what is left out is emptied."""

    root_cause: Account | None = Field(default=None, description="Why it arose")
    best_practice: Account | None = Field(default=None, description="What helped elsewhere, or helps here")


class TreatedFindingView(View):
    """A finding that a support meeting treats."""

    id: UUID
    version: int
    event_id: UUID
    finding_id: UUID
    supplier_id: UUID
    supplier_code: str | None = Field(description="Null while the supplier is not known here")
    standard: str
    code_version: str
    provision: str
    severity: str
    closed_on: date | None = Field(description="As the audit service last told it; null unless closed")
    finding_withdrawn_on: date | None = Field(description="Likewise; null unless withdrawn")
    root_cause: str | None
    best_practice: str | None
    created_by: str
    created_at: datetime


class NewCommitment(Body):
    """What a supplier promises in a meeting to do about a finding that it treats."""

    finding_id: UUID
    what: Account
    due_on: Day = Field(description="Not before the meeting's day (UTC)")


class CommitmentWithdrawal(Body):
    """Why a commitment holds no longer."""

    reason: Text


class MeetingCommitmentView(View):
    """What a supplier promised in a meeting to do about a finding."""

    id: UUID
    version: int
    event_id: UUID
    event_ref: str
    finding_id: UUID
    supplier_id: UUID
    supplier_code: str | None = Field(description="Null while the supplier is not known here")
    what: str
    made_on: date = Field(description="The meeting's day (UTC)")
    due_on: date
    status: Status = Field(description="Whether it was kept is confirmed at the audit service, with its finding")
    overdue: bool = Field(description="Whether it is open past its due date today (UTC), its finding not withdrawn")
    kept_on: date | None
    withdrawn_on: date | None
    reason: str | None = Field(description="Why it was withdrawn")
    told_at: datetime | None = Field(
        description="When the audit service took it down as it stands; null while it has yet to"
    )
    trouble: str | None = Field(description="Why the audit service did not take it down; not shown to suppliers")
    created_by: str
    created_at: datetime


class CommitmentState(BaseModel):
    """A commitment as audit's feed tells it, as far as it matters here."""

    kept_on: date | None
    withdrawn_on: date | None
