"""What whoever holds an invitation's link sees of the event, of their own answer, and of what they said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Attendance, Event, Invitation
from services.engagement.repository import events as event_rows
from services.engagement.repository import feedback as feedback_rows
from services.engagement.repository import rows
from services.engagement.schemas.feedback import NewFeedback
from services.engagement.service.event import places
from services.engagement.service.feedback import feedback
from shared.auth.principal import Actor
from shared.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation with its event; `attendance` only of somebody who was there."""

    invitation: Invitation
    event: Event
    attendance: Attendance | None
    answers: Mapping[str, Any] | None
    """What was said of the event, by question; None where nothing was."""
    places_left: int | None
    """None where there is no limit."""
    is_over: bool

    @property
    def is_live(self) -> bool:
        """Whether event and invitation both stand."""
        return self.event.withdrawn_on is None and self.invitation.withdrawn_at is None

    @property
    def may_reply(self) -> bool:
        """Whether an answer is still of use."""
        return self.is_live and not self.is_over

    @property
    def may_give_feedback(self) -> bool:
        """Whether this person was there, alone in their row, and it is over."""
        was_there = self.attendance is not None and self.attendance.persons == 1
        return self.is_over and was_there and self.event.withdrawn_on is None


async def open_invitation(session: AsyncSession, invitation_id: UUID, now: datetime) -> Invited:
    """The invitation as things stand; NotFound where there is none any more."""
    invitation = await rows.get(session, Invitation, invitation_id, "invitation")
    event = await rows.get(session, Event, invitation.event_id, "event")
    key = (event.id, invitation.supplier_id, invitation.person_ref)
    attendance = (await event_rows.find_attendances(session, [key])).get(key)
    held = None if attendance is None else await feedback_rows.find_feedback(session, attendance.id)
    return Invited(
        invitation,
        event,
        attendance,
        answers=None if held is None else held.answers,
        places_left=await places.left(session, event),
        is_over=event.ends_at <= now,
    )


async def give_feedback(session: AsyncSession, invitation_id: UUID, now: datetime, new: NewFeedback) -> None:
    """Take down what somebody who was invited and attended says of the event; Conflict where they may not."""
    invited = await open_invitation(session, invitation_id, now)
    if invited.attendance is None or not invited.may_give_feedback:
        raise Conflict("Only who attended can say what the event was like, once it is over.", code="not-attended")
    actor = Actor(sub=f"invitation:{invitation_id}", client_id=None)
    try:
        await feedback.give(session, actor, invited.event.id, invited.attendance.id, new)
    except NotFound as error:
        raise Conflict(error.detail, code="not-attended") from error
