"""Who has a place at an event: never more than there are, and whoever waits longest has the next."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import replies
from services.engagement.models import Event
from services.engagement.repository import invitations as repository
from services.engagement.service.event import announcing
from services.engagement.service.invitation import recording
from shared.auth.principal import Actor


async def left(session: AsyncSession, event: Event) -> int | None:
    """How many more may come, None where there is no limit; right for as long as the caller holds the event."""
    if event.capacity is None:
        return None
    return replies.places_left(event.capacity, await repository.count_accepted(session, event.id))


async def fill(session: AsyncSession, actor: Actor, event: Event, now: datetime) -> int:
    """Give free places to those who wait, and write to them; returns how many. Whoever calls holds the event."""
    if event.withdrawn_on is not None or event.ends_at <= now:
        return 0
    # What was changed in this transaction must count.
    await session.flush()
    free = await left(session, event)
    waiting = [] if free == 0 else await repository.list_waiting(session, event.id, free)
    if not waiting:
        return 0
    changes = [(invitation, recording.feed_state(invitation)) for invitation in waiting]
    for invitation in waiting:
        invitation.reply = "accepted"
    await recording.save(session, actor, "given_place", changes)
    await announcing.write(session, event, waiting, "REQUEST")
    return len(waiting)
