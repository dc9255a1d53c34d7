"""Events that a follower parked, as dead letters: they are listed like other work that failed, and replayed like it."""

from uuid import UUID

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.feed.following import Apply, Event, Park, parked, read_event
from shared.tasks.leasing import Handler, Lease
from shared.tasks.tables import bury

TASK_KIND = "parked_event"


def burying(park: Park) -> Park:
    """What a follower notes about an event that it parks: a dead letter, and what `park` notes."""

    async def note(session: AsyncSession, source: str, event: Event) -> None:
        query = select(parked.c.error).where(parked.c.source == source, parked.c.pos == event.pos)
        error = str(await session.scalar(query))
        await bury(session, TASK_KIND, {"source": source, "pos": event.pos}, error)
        await park(session, source, event)

    return note


def replaying(database: Database, apply: Apply, forgive: Park | None = None) -> Handler:
    """What to do for a parked event: `apply` it, then have `forgive` take back what was noted when it was parked.

    Whatever came since has a higher position, and stays as it is.
    """

    async def replay(lease: Lease) -> None:
        source, pos = str(lease.payload["source"]), int(lease.payload["pos"])
        async with database.transaction() as session:
            await lease.extend(session)
            event = await _find(session, source, pos)
            if event is not None:
                await apply(session, source, [event])
                await session.execute(delete(parked).where(parked.c.source == source, parked.c.pos == pos))
                if forgive is not None:
                    await forgive(session, source, event)
            await lease.complete(session)

    return replay


async def _find(session: AsyncSession, source: str, pos: int) -> Event | None:
    query = select(parked).where(parked.c.source == source, parked.c.pos == pos).with_for_update()
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _event_of(row)


def _event_of(row: Row[tuple[object, ...]]) -> Event:
    kept = row.event
    if "unreadable" in kept:
        raw = kept["unreadable"]
        return read_event(raw, row.pos - int(raw["feedseq"]))
    name = kept["type"]
    return Event(row.pos, name, name.split(".", 1)[0], UUID(kept["resource_id"]), kept["data"])
