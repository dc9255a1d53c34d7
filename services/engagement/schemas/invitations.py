"""Invitations to events, and the figures about them; never a name or an address."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.engagement.domain.replies import Answer, Reply
from services.engagement.schemas.audiences import AudienceRule
from services.engagement.schemas.fields import Body, Text, View

MailStatus = Literal["queued", "sent", "refused", "bounced", "failed", "skipped"]


class NewInvitations(Body):
    """Whom to invite."""

    audience: AudienceRule


class InvitationReply(Body):
    """What somebody who is invited answered."""

    reply: Answer


class InvitationWithdrawal(Body):
    """Why somebody is invited no longer."""

    reason: Text


class RecipientView(View):
    """Somebody whom the audience means."""

    contact_id: UUID
    supplier_id: UUID
    supplier_code: str
    language: str
    reasons: list[str] = Field(description="By which parts of the rule the person was found")
    already_invited: bool


class NotInvitedView(View):
    """A person, or a supplier where no person is named, that the audience means and nobody writes to."""

    supplier_id: UUID
    supplier_code: str
    contact_id: UUID | None
    reason: str


class InvitationFigures(View):
    """Whom an audience means, as it was right before they were invited."""

    people: int = Field(description="Whom the audience means, everybody once")
    suppliers: int
    to_invite: int = Field(description="Those who were not invited yet; only they are written to")
    already_invited: int
    by_reason: dict[str, int] = Field(description="People by the part of the rule that found them; perhaps several did")
    by_language: dict[str, int]
    recipients: list[RecipientView]
    left_out: list[NotInvitedView]


class InvitationView(View):
    """Somebody who is invited."""

    id: UUID
    version: int
    event_id: UUID
    supplier_id: UUID
    supplier_code: str
    contact_id: UUID | None = Field(description="Null once the person is erased")
    person_ref: str = Field(description="The same reference stands for this person in attendances")
    language: str
    reasons: list[str]
    reply: Reply = Field(description="`waiting`: accepted when all places were taken")
    replied_at: datetime | None
    withdrawn_at: datetime | None
    created_at: datetime
    mail: MailStatus | None = Field(description="What became of the latest mail")
    attended: Literal["person", "supplier"] | None = Field(
        description="Who is recorded as having attended: this person, or somebody of the supplier"
    )


class InvitationSummary(View):
    """How many people are invited to an event, and what came of it."""

    invited: int
    withdrawn: int = Field(description="Not invited any more; they count in nothing else here")
    by_reply: dict[Reply, int]
    by_mail: dict[MailStatus, int] = Field(description="By what became of the latest mail")
    capacity: int | None
    places_left: int | None = Field(description="Null where there is no limit")
