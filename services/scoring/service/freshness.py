"""Whether everything that the sources know has been scored."""

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.repository import recalculations, scores
from services.scoring.service.following import SOURCES
from shared import http
from shared.errors import Unavailable
from shared.feed import fetching
from shared.feed.following import cursor
from shared.tasks import Lease
from shared.web.resources import Resources

PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.1
EXTEND_EVERY_SECONDS = 15.0
MOST_NAMED = 5


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

    @property
    def complaint(self) -> str | None:
        """Why the source is not yet known, or None."""
        if self.head is None:
            return f"{self.source} is away"
        return f"{self.source} read up to {self.cursor} of {self.head}" if self.lag else None


Head = tuple[UUID, int]
"""A feed's epoch and its newest position."""


async def read_freshness(resources: Resources) -> tuple[list[SourceState], int, bool]:
    """Where each source stands, how many suppliers are dirty, and whether all scores are being computed anew."""
    heads = await asyncio.gather(*(_head_or_none(resources, source) for source in SOURCES))
    async with resources.database.snapshot() as session:
        states = await _compare(session, dict(zip(SOURCES, heads, strict=True)))
        return states, await scores.count_dirty(session), await recalculations.is_open(session)


async def wait_until_fresh(resources: Resources, lease: Lease, patience: float = PATIENCE_SECONDS) -> None:
    """Wait until the cursors have passed each source's head of now and nothing is dirty, at most 60 s.

    Keeps the lease. Raises Unavailable naming the sources that lag. To be called outside any transaction, before a
    state is frozen.
    """
    deadline = time.monotonic() + patience
    extended_at = -math.inf
    heads: dict[str, Head | None] = dict.fromkeys(SOURCES)
    resources.doorbell.ring(("scoring",), "pull")
    while True:
        if time.monotonic() - extended_at > EXTEND_EVERY_SECONDS:
            async with resources.database.transaction() as session:
                await lease.extend(session)
            extended_at = time.monotonic()
        for source in [source for source, head in heads.items() if head is None]:
            heads[source] = await _head_or_none(resources, source)
        async with resources.database.snapshot() as session:
            waiting = [state.complaint for state in await _compare(session, heads) if state.complaint]
            if dirty := await scores.count_dirty(session):
                put_off = await scores.list_put_off(session, MOST_NAMED)
                named = f" (cannot be scored: {', '.join(put_off)})" if put_off else ""
                waiting.append(f"{dirty} suppliers wait for their score{named}")
        if not waiting:
            return
        if time.monotonic() >= deadline:
            raise Unavailable(f"Not everything known has been scored: {'; '.join(waiting)}.", code="not-fresh")
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _compare(session: AsyncSession, heads: Mapping[str, Head | None]) -> list[SourceState]:
    """How far each source has been read; nothing of it, where its feed has begun anew since."""
    cursors = {row.source: row for row in await session.execute(select(cursor.c.source, cursor.c.epoch, cursor.c.seq))}
    states = []
    for source, head in heads.items():
        held = cursors.get(source)
        same = head is not None and held is not None and held.epoch == head[0]
        states.append(SourceState(source, None if head is None else head[1], held.seq if same and held else 0))
    return states


async def _head_or_none(resources: Resources, source: str) -> Head | None:
    try:
        return await fetching.read_head(resources, source)
    except http.RequestFailed:
        return None
