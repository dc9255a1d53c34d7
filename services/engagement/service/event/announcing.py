"""Telling those who are invited what has changed: one mail each, in place of those that have not gone out yet."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain.calendars import MailMethod
from services.engagement.models import Event, Invitation
from services.engagement.repository import invitations as repository
from services.engagement.service.mail import deliveries
from services.engagement.service.mail.deliveries import NewMail
from services.engagement.service.mail.kinds import KindName

KIND: KindName = "invitation"
NOTICED = ("title", "starts_at", "ends_at", "time_zone", "location", "join_url", "channel", "language")
"""What those invited are told of: when, where and what it is. The agenda, speakers and materials are read where they
reply, and stand in whatever mail is written next; a word changed in them is no reason to write to everybody."""
AT_ONCE = 1000
SUPERSEDED = "A newer mail about the event took its place."
NOT_NEEDED = "The event was withdrawn before this was sent."


def noticed(event: Event) -> dict[str, Any]:
    """What those invited must know of; compared before and after a change."""
    return {name: getattr(event, name) for name in NOTICED}


async def announce(session: AsyncSession, event: Event, *, is_cancelled: bool) -> None:
    """Have those invited told of a change, or that the event is withdrawn; whoever calls holds the event.

    Nobody is told of an event that is over, nor that an event is withdrawn of which no mail had told them.
    """
    if event.ends_at <= datetime.now(UTC):
        return
    live = await repository.list_live(session, event.id)
    if not is_cancelled:
        await write(session, event, live, "REQUEST")
        return
    await take_back(session, event, live, NOT_NEEDED)


async def take_back(session: AsyncSession, event: Event, invitations: Sequence[Invitation], reason: str) -> None:
    """Take the event out of these people's calendars: nothing is written to those who had no mail about it yet."""
    await drop_queued(session, event, invitations, reason)
    # Asked only now: until the queue was held, a mail might still have gone out.
    told = await repository.told_of(session, [invitation.id for invitation in invitations])
    event.sequence += 1
    await queue(session, event, [invitation for invitation in invitations if invitation.id in told], "CANCEL")


async def catch_up(session: AsyncSession, event: Event) -> None:
    """Take the event back from those whose invitation was just being handed in when it, or the event, was withdrawn.

    For the end of sending: what was in the mail server's hands then is known by now. The event's number grew already.
    """
    if event.ends_at <= datetime.now(UTC):
        return
    gone = await repository.list_gone(session, event)
    told = await repository.told_of(session, [invitation.id for invitation in gone])
    await queue(session, event, [invitation for invitation in gone if invitation.id in told], "CANCEL")


async def write(session: AsyncSession, event: Event, invitations: Sequence[Invitation], method: MailMethod) -> None:
    """Queue a mail to each of those invited, under the event's next number; older ones that wait are dropped."""
    if invitations:
        event.sequence += 1
        await queue(session, event, invitations, method)


async def queue(session: AsyncSession, event: Event, invitations: Sequence[Invitation], method: MailMethod) -> None:
    """The same under the event's present number, for those who had no mail under it yet."""
    if not invitations:
        return
    await drop_queued(session, event, invitations, SUPERSEDED)
    mails = [
        NewMail(
            contact_id=invitation.contact_id,
            supplier_id=invitation.supplier_id,
            person_ref=invitation.person_ref,
            language=invitation.language,
            invitation_id=invitation.id,
            method=method,
            sequence=event.sequence,
        )
        for invitation in invitations
        # An erased person cannot be written to.
        if invitation.contact_id is not None
    ]
    await session.flush()
    await deliveries.queue(session, KIND, event.id, mails)


async def drop_queued(session: AsyncSession, event: Event, invitations: Sequence[Invitation], reason: str) -> None:
    """Have the mails to these people that have not gone out yet never go out."""
    for start in range(0, len(invitations), AT_ONCE):
        part = [invitation.id for invitation in invitations[start : start + AT_ONCE]]
        await deliveries.cancel_queued(session, event.id, reason, part)
