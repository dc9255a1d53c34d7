"""Reading a feed: numbering what has been committed, then a page in order."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.errors import Gone
from shared.feed.tables import event, state
from shared.leaving import Leaving

NUMBERED_AT_ONCE = 5000
POLL_SECONDS = 0.1
KEPT_FOR = timedelta(days=90)
START_OVER = "Read the feed again from after=0: the newest event of every resource is kept for ever."

LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.feed'))")

# A resource takes its places by version: ids come from several clocks, versions from one row. Its places are one array,
# since a join of the events to their places is made row by row wherever the planner takes them for few.
NUMBER = text("""
    WITH unnumbered AS (
        SELECT id, resource, resource_id,
            row_number() OVER (ORDER BY id) AS n,
            row_number() OVER (PARTITION BY resource, resource_id ORDER BY version, id) AS turn
        FROM (SELECT * FROM feed_event WHERE feed_seq IS NULL ORDER BY id LIMIT :limit) AS oldest
    ), next AS (
        SELECT id, (array_agg(n) OVER (
            PARTITION BY resource, resource_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ))[turn] AS n
        FROM unnumbered
    ), numbered AS (
        UPDATE feed_event SET feed_seq = (SELECT head FROM feed_state) + next.n FROM next WHERE feed_event.id = next.id
        RETURNING 1
    )
    UPDATE feed_state SET head = head + (SELECT count(*) FROM numbered)
    RETURNING (SELECT count(*) FROM numbered)
""")

# PostgreSQL writes the JSON, so that nobody here takes events apart only to put them together again. As text, which it
# does fastest: what stands in quotes has nothing that JSON escapes (ids, moments, and types, which are our own names).
TELL = text("""
    SELECT max(feed_seq) AS last, '[' || string_agg(
        '{"specversion":"1.0","id":"' || id
        || '","source":"/' || CAST(:source AS text)
        || '","type":"' || type
        || '","subject":"' || resource_id
        || '","time":"' || to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","datacontenttype":"application/json","feedseq":' || feed_seq
        || coalesce(',"traceparent":' || to_json(trace), '')
        || ',"data":' || left(CAST(data AS text), -1) || CASE data WHEN '{}' THEN '' ELSE ',' END
        || '"version":' || version || '}}',
        ',' ORDER BY feed_seq
    ) || ']' AS events
    FROM (
        SELECT * FROM feed_event WHERE feed_seq > :after AND feed_seq <= :head ORDER BY feed_seq LIMIT :limit
    ) AS page
""")

PRUNE = text("""
    DELETE FROM feed_event WHERE id IN (
        SELECT old.id FROM feed_event AS old
        WHERE old.time < now() - CAST(:kept AS interval) AND old.feed_seq IS NOT NULL AND EXISTS (
            SELECT 1 FROM feed_event AS newer
            WHERE newer.resource_id = old.resource_id AND newer.resource = old.resource
                AND newer.feed_seq > old.feed_seq)
        LIMIT :limit)
""")


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the feed: go on with `after=next`; `head` is the last position there is.

    `events` is a JSON array of CloudEvents, ready to be sent.
    """

    epoch: UUID
    events: orjson.Fragment
    next: int
    head: int


async def number_committed(session: AsyncSession) -> int:
    """Give committed events their places; the caller commits. Returns how many, at most `NUMBERED_AT_ONCE`.

    The lock is a statement of its own, so that the numbering's snapshot is younger than the last holder's commit:
    then no event can ever appear behind a number that a reader has passed.
    """
    await session.execute(LOCK)
    return int((await session.execute(NUMBER, {"limit": NUMBERED_AT_ONCE})).scalar_one())


async def read_head(database: Database) -> tuple[UUID, int]:
    """The epoch and the position of the newest committed event."""
    async with database.sessions() as session:
        waiting = select(event.c.id).where(event.c.feed_seq.is_(None)).limit(1)
        while (await session.execute(waiting)).first() is not None:
            await number_committed(session)
            await session.commit()
        row = (await session.execute(select(state.c.epoch, state.c.head))).one()
        return row.epoch, row.head


async def read_page(
    database: Database, source: str, after: int, limit: int, wait: float, epoch: UUID | None, leaving: Leaving
) -> Page:
    """Events behind `after`, after up to `wait` seconds for the first; Gone where the reader must start over.

    A process that is `leaving` keeps nobody waiting: its readers are to ask another one.
    """
    deadline = time.monotonic() + wait
    while True:
        current, head = await read_head(database)
        if epoch is not None and epoch != current:
            raise Gone(f"The feed was restored and begins anew. {START_OVER}", code="feed-restarted")
        if after > head:
            raise Gone(f"The feed ends at {head}. {START_OVER}", code="feed-restarted")
        if after < head or leaving or time.monotonic() >= deadline:
            break
        await asyncio.sleep(POLL_SECONDS)
    async with database.snapshot() as session:
        asked = {"source": source, "after": after, "head": head, "limit": limit}
        told = (await session.execute(TELL, asked)).one()
    return Page(current, orjson.Fragment(told.events or "[]"), told.last or head, head)


async def prune(session: AsyncSession, limit: int = 10_000) -> int:
    """Forget events older than 90 days, but never the newest of a resource; returns how many went."""
    return (await session.execute(PRUNE, {"kept": KEPT_FOR, "limit": limit})).rowcount  # type: ignore[attr-defined,no-any-return,unused-ignore]


async def begin_epoch(session: AsyncSession, epoch: UUID) -> tuple[UUID, int]:
    """Tell every consumer to start over, after a restore from a backup; returns the epoch that ended, and the head."""
    ended = UUID(str(await session.scalar(select(state.c.epoch).with_for_update())))
    newest = func.coalesce(select(func.max(event.c.feed_seq)).scalar_subquery(), 0)
    begun = await session.execute(state.update().values(epoch=epoch, head=newest).returning(state.c.head))
    return ended, int(begun.scalar_one())
