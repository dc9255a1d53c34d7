"""Replying to invitations, in whatever way an answer comes, and taking invitations back."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import calendars, person_refs, replies
from services.engagement.domain.replies import Answer
from services.engagement.models import Event, Invitation
from services.engagement.repository import invitations as repository
from services.engagement.repository import rows
from services.engagement.service.event import announcing, places
from services.engagement.service.invitation import recording
from shared.auth.principal import Actor
from shared.errors import Conflict, NotFound
from shared.web.etags import Expected

TAKEN_BACK = "The invitation was withdrawn before this was sent."


async def reply(
    session: AsyncSession,
    invitation_id: UUID,
    answer: Answer,
    now: datetime,
    *,
    actor: Actor | None = None,
    expected: Expected | None = None,
) -> Invitation:
    """The invitation with the answer, `waiting` where all places are taken; frees a place for who waits longest.

    Without an actor it was the person invited. Conflict once the event is over or withdrawn, or the invitation is.
    """
    event, invitation = await _lock(session, invitation_id)
    if expected is not None:
        expected.check(invitation.version)
    refuse_what_is_over(event, now)
    _refuse_withdrawn(invitation)
    await _take_in(session, actor or by_invitation(invitation), event, invitation, answer, now)
    return invitation


async def take_calendar_reply(
    session: AsyncSession, key: bytes, uid: str, address: str, partstat: str, sequence: int | None
) -> Invitation | None:
    """The invitation that a calendar answered by mail, as it now stands; None where the answer belongs to none.

    `key` is that of the references to people. An answer to what has changed since changes nothing, nor does one that
    comes too late.
    """
    event_id, answer = calendars.event_of(uid), calendars.REPLIES.get(partstat.upper())
    if event_id is None:
        return None
    found = await repository.find_by_person(session, event_id, person_refs.of_address(key, address))
    if found is None:
        return None
    event, invitation = await _lock(session, found)
    now = datetime.now(UTC)
    is_open = event.withdrawn_on is None and event.ends_at > now and invitation.withdrawn_at is None
    if answer is not None and is_open and not await _is_outdated(session, invitation, sequence):
        actor = by_invitation(invitation)
        await _take_in(session, actor, event, invitation, cast("Answer", answer), now)
    return invitation


async def withdraw_invitation(
    session: AsyncSession, actor: Actor, event_id: UUID, invitation_id: UUID, expected: Expected, reason: str
) -> Invitation:
    """The invitation, taken back: out of the person's calendar, and the place is free; Conflict once that is over."""
    event, invitation = await _lock(session, invitation_id)
    if invitation.event_id != event_id:
        raise NotFound("No such invitation.")
    expected.check(invitation.version)
    now = datetime.now(UTC)
    refuse_what_is_over(event, now)
    _refuse_withdrawn(invitation)
    before = recording.feed_state(invitation)
    invitation.withdrawn_at = now
    await recording.save(session, actor, "withdrawn", [(invitation, before)], {"reason": [None, reason]})
    await announcing.take_back(session, event, [invitation], TAKEN_BACK)
    await places.fill(session, actor, event, now)
    return invitation


def refuse_what_is_over(event: Event, now: datetime) -> None:
    """Raise Conflict where the event is withdrawn or has ended."""
    if event.withdrawn_on is not None:
        raise Conflict("The event is withdrawn.", code="event-withdrawn")
    if event.ends_at <= now:
        raise Conflict("The event is over.", code="event-over")


def by_invitation(invitation: Invitation) -> Actor:
    """Who is written down for what comes by way of an invitation: nobody is known by name."""
    return Actor(sub=f"invitation:{invitation.id}", client_id=None)


async def _lock(session: AsyncSession, invitation_id: UUID) -> tuple[Event, Invitation]:
    """The invitation and its event, both held; all that changes an event's invitations holds the event first."""
    event_id = (await rows.get(session, Invitation, invitation_id, "invitation")).event_id
    event = await rows.lock(session, Event, event_id, "event")
    return event, await rows.lock(session, Invitation, invitation_id, "invitation")


async def _take_in(
    session: AsyncSession, actor: Actor, event: Event, invitation: Invitation, answer: Answer, now: datetime
) -> None:
    held = invitation.reply
    taken = replies.taken_in(held, answer, await places.left(session, event))
    if taken == held:
        return
    before = recording.feed_state(invitation)
    invitation.reply, invitation.replied_at = taken, now
    await recording.save(session, actor, "replied", [(invitation, before)])
    if held == "accepted":
        await places.fill(session, actor, event, now)


async def _is_outdated(session: AsyncSession, invitation: Invitation, sequence: int | None) -> bool:
    """Whether an answer is about what the event was before its last change."""
    if sequence is None:
        return False
    newest = await repository.latest_sequence(session, invitation.id)
    return newest is not None and sequence < newest


def _refuse_withdrawn(invitation: Invitation) -> None:
    if invitation.withdrawn_at is not None:
        raise Conflict("The invitation is withdrawn.", code="invitation-withdrawn")
