"""Whether everything that the sources know has been scored."""

import asyncio
import math
import time
from dataclasses import dataclass

from sqlalchemy import select

from services.scoring.repository import scores
from services.scoring.service.following import SOURCES
from shared import http
from shared.db import Database
from shared.errors import Unavailable
from shared.feed import fetching
from shared.feed.following import cursor
from shared.tasks import Lease
from shared.web.resources import Resources

PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.1
EXTEND_EVERY_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source's head (None: it cannot be reached) and how far it has been read, both in its own counting."""

    source: str
    head: int | None
    cursor: int

    @property
    def lag(self) -> int | None:
        """Events not yet taken in."""
        return None if self.head is None else max(0, self.head - self.cursor)


async def read_cursors(database: Database) -> tuple[dict[str, int], int]:
    """Each source's cursor, and how many suppliers are dirty, from one snapshot."""
    async with database.snapshot() as session:
        rows = await session.execute(select(cursor.c.source, cursor.c.seq))
        seqs = {row.source: row.seq for row in rows}
        return {source: seqs.get(source, 0) for source in SOURCES}, await scores.count_dirty(session)


async def read_freshness(resources: Resources) -> tuple[list[SourceState], int]:
    """Where each source stands, and how many suppliers are dirty."""
    heads = await asyncio.gather(*(_head_or_none(resources, source) for source in SOURCES))
    cursors, dirty = await read_cursors(resources.database)
    states = [SourceState(source, head, cursors[source]) for source, head in zip(SOURCES, heads, strict=True)]
    return states, dirty


async def wait_until_fresh(resources: Resources, lease: Lease, patience: float = PATIENCE_SECONDS) -> None:
    """Wait until the cursors have passed each source's head of now and nothing is dirty, at most 60 s.

    Keeps the lease. Raises Unavailable naming the sources that lag. To be called outside any transaction, before a
    state is frozen.
    """
    deadline = time.monotonic() + patience
    extended_at = -math.inf
    heads: dict[str, int | None] = dict.fromkeys(SOURCES)
    resources.doorbell.ring(("scoring",), "pull")
    while True:
        if time.monotonic() - extended_at > EXTEND_EVERY_SECONDS:
            async with resources.database.transaction() as session:
                await lease.extend(session)
            extended_at = time.monotonic()
        for source in [source for source, head in heads.items() if head is None]:
            heads[source] = await _head_or_none(resources, source)
        cursors, dirty = await read_cursors(resources.database)
        behind = [
            f"{source} is away" if head is None else f"{source} read up to {cursors[source]} of {head}"
            for source, head in heads.items()
            if head is None or cursors[source] < head
        ]
        if not behind and not dirty:
            return
        if time.monotonic() >= deadline:
            waiting = [*behind, *([f"{dirty} suppliers wait for their score"] if dirty else [])]
            raise Unavailable(f"Not everything known has been scored: {'; '.join(waiting)}.", code="not-fresh")
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _head_or_none(resources: Resources, source: str) -> int | None:
    try:
        return await fetching.read_head(resources, source)
    except http.RequestFailed:
        return None
