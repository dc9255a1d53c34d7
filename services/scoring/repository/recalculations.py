"""Recalculations, their chunks, and how far they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.recalculations import Recalculation, RecalculationChunk
from services.scoring.models.scores import Score
from shared import holding
from shared.db import table_of
from shared.errors import NotFound

OPEN = ("queued", "running")
RECENT_CHUNKS = 30
CHUNK = table_of(RecalculationChunk)

PROGRESS = text("""
    SELECT recalculation_id,
        count(*) AS chunks,
        count(done_at) AS chunks_done,
        coalesce(sum(suppliers) FILTER (WHERE done_at IS NOT NULL), 0) AS done,
        coalesce(sum(changed), 0) AS changed,
        coalesce(sum(suppliers) FILTER (WHERE done_at IS NOT NULL AND age <= :recent), 0) AS recent,
        max(done_at) FILTER (WHERE age > :recent) AS recent_since,
        max(done_at) AS last_at
    FROM (
        SELECT *, row_number() OVER (PARTITION BY recalculation_id ORDER BY done_at DESC NULLS LAST, n) AS age
        FROM recalculation_chunk WHERE recalculation_id = ANY(CAST(:ids AS uuid[]))
    ) AS chunk
    GROUP BY recalculation_id
""")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a recalculation is.

    `recent` suppliers were done between `recent_since` (None: the start) and `last_at`, the end of the last chunk.
    """

    chunks: int = 0
    chunks_done: int = 0
    done: int = 0
    changed: int = 0
    recent: int = 0
    recent_since: datetime | None = None
    last_at: datetime | None = None


async def hold_orders(session: AsyncSession) -> None:
    """Let orders be given one after the other, so that one recalculation is open at most."""
    await holding.hold(session, "recalculations")


async def lock_open(session: AsyncSession) -> Recalculation | None:
    """The open recalculation, if there is one, locked."""
    query = select(Recalculation).where(Recalculation.status.in_(OPEN)).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def get_recalculation(session: AsyncSession, recalculation_id: UUID) -> Recalculation:
    """The recalculation, or NotFound."""
    found = await session.get(Recalculation, recalculation_id)
    if found is None:
        raise NotFound("No such recalculation.")
    return found


async def lock_recalculation(session: AsyncSession, recalculation_id: UUID) -> Recalculation:
    """The recalculation, locked, or NotFound."""
    found = await session.get(Recalculation, recalculation_id, with_for_update=True)
    if found is None:
        raise NotFound("No such recalculation.")
    return found


async def read_progress(session: AsyncSession, recalculation_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """How far each of them is; one that has no chunks yet is left out."""
    rows = await session.execute(PROGRESS, {"ids": list(recalculation_ids), "recent": RECENT_CHUNKS})
    return {
        row.recalculation_id: Progress(
            row.chunks, row.chunks_done, int(row.done), int(row.changed), int(row.recent), row.recent_since, row.last_at
        )
        for row in rows
    }


async def lock_idle(session: AsyncSession) -> Recalculation | None:
    """The open recalculation that is to be cut into chunks, or whose chunks are all done; None while others see to it.

    What is left is looked up by a statement of its own, once the row is locked: its snapshot is younger than the commit
    of whoever cut it into chunks.
    """
    query = select(Recalculation).where(Recalculation.status.in_(OPEN)).with_for_update(skip_locked=True)
    found = (await session.scalars(query)).one_or_none()
    if found is None or found.status == "queued":
        return found
    waiting = select(CHUNK.c.n).where(CHUNK.c.recalculation_id == found.id, CHUNK.c.done_at.is_(None)).limit(1)
    return found if (await session.execute(waiting)).first() is None else None


async def list_chunk_starts(session: AsyncSession, size: int) -> tuple[list[UUID], int]:
    """The id of each `size`-th supplier with a score, the first one's first, and how many there are in all."""
    place = (func.row_number().over(order_by=Score.supplier_id) - 1).label("place")
    scored = select(Score.supplier_id, place).subquery()
    starts = (
        select(scored.c.supplier_id).where(scored.c.place.op("%")(literal(size)) == 0).order_by(scored.c.supplier_id)
    )
    total = (await session.execute(select(func.count()).select_from(Score))).scalar_one()
    return list((await session.scalars(starts)).all()), int(total)


async def add_chunks(session: AsyncSession, chunks: Sequence[RecalculationChunk]) -> None:
    """Store a recalculation's chunks."""
    names = ("recalculation_id", "n", "first_id", "last_id", "suppliers")
    await session.execute(insert(CHUNK), [{name: getattr(chunk, name) for name in names} for chunk in chunks])


async def lock_next_chunk(session: AsyncSession) -> RecalculationChunk | None:
    """The first chunk of the running recalculation that is not done and that no other worker is doing."""
    query = (
        select(RecalculationChunk)
        .join(Recalculation, Recalculation.id == RecalculationChunk.recalculation_id)
        .where(Recalculation.status == "running", RecalculationChunk.done_at.is_(None))
        .order_by(RecalculationChunk.recalculation_id, RecalculationChunk.n)
        .limit(1)
        .with_for_update(of=RecalculationChunk, skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


async def finish_chunk(session: AsyncSession, chunk: RecalculationChunk, changed: int) -> None:
    """Note that a chunk is done; the time is that of the end, not of the transaction's beginning."""
    await session.execute(
        update(CHUNK)
        .where(CHUNK.c.recalculation_id == chunk.recalculation_id, CHUNK.c.n == chunk.n)
        .values(changed=changed, done_at=func.clock_timestamp())
    )


async def is_open(session: AsyncSession) -> bool:
    """Whether scores are still to be computed anew."""
    query = select(Recalculation.id).where(Recalculation.status.in_(OPEN)).limit(1)
    return (await session.execute(query)).first() is not None
