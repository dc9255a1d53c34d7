"""Doing a recalculation: cutting it into chunks, and scoring them one after the other, by any number of workers.

Why no update is lost, and no score is made from older evidence than the one it replaces:

- A chunk takes no marks. Whoever changes evidence marks the supplier in the same transaction, as ever, and that mark is
  scored after it, whatever the chunk has read.
- Nobody writes a score without having locked its row before reading the evidence (`lock_range` here, `lock_scores` in
  a drain). So of two writers the later one reads evidence that is as new as the first one's, and its score as the one
  before.
- A drain under way may have read the policies before the recalculation was ordered. Where its supplier has a score, the
  chunk waits for its row. Where it has none yet, there is no row: so the chunk first waits for all who hold marks in
  its range (`wait_for_drains`), in a statement of its own, and then sees what they wrote. Later ones read the policies
  later.
- Suppliers that are dirty when the rows are locked are left out: their mark has them scored anyway.

Drains skip marks that are locked, and wait for score rows alone; chunks wait for marks before they lock any row. Both
lock rows in the order of ids, so neither waits for the other in a circle.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.recalculations import Recalculation, RecalculationChunk
from services.scoring.repository import recalculations as repository
from services.scoring.repository import scores
from services.scoring.service import recalculations, scoring
from shared.auth.principal import Actor
from shared.db import Database, is_passing

CHUNK = 2000
"""Suppliers of a chunk: so few that whoever waits for one of their scores waits for a fraction of a second."""
LOOK_AGAIN_SECONDS = 1.0
WORKER = Actor(sub="recalculations", client_id=None)

log = structlog.get_logger()


@asynccontextmanager
async def recalculating(database: Database) -> AsyncIterator[None]:
    """Do recalculations in the background of the block. What is cut off by its end is rolled back, and done again."""
    working = asyncio.create_task(_run(database))
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _run(database: Database) -> None:
    while True:
        try:
            worked = await take_step(database)
        except Exception:
            log.exception("recalculation: this step is tried again")
            worked = False
        if not worked:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def take_step(database: Database, size: int = CHUNK) -> bool:
    """Do whatever comes next; False where there is nothing to do. What is dirty goes first, between any two chunks."""
    return (
        await scoring.drain(database, scoring.today()) > 0
        or await do_chunk(database, scoring.today())
        or await start_or_finish(database, size)
    )


async def start_or_finish(database: Database, size: int = CHUNK) -> bool:
    """Cut a recalculation that waits into chunks, or close one whose chunks are all done; each happens once."""
    async with database.transaction() as session:
        recalculation = await repository.lock_idle(session)
        if recalculation is None:
            return False
        if recalculation.status == "queued":
            await _start(session, recalculation, size)
        else:
            await recalculations.end(session, WORKER, recalculation, "succeeded", happened="succeeded")
        return True


async def do_chunk(database: Database, day: date) -> bool:
    """Score a chunk in one transaction; False where no chunk is left that nobody is doing."""
    async with database.transaction() as session:
        chunk = await repository.lock_next_chunk(session)
        if chunk is None:
            return False
        await scores.wait_for_drains(session, chunk.first_id, chunk.last_id)
        supplier_ids = await scores.lock_range(session, chunk.first_id, chunk.last_id)
        changed = await _score(session, supplier_ids, day) if supplier_ids else 0
        await repository.finish_chunk(session, chunk, changed)
        return True


async def _start(session: AsyncSession, recalculation: Recalculation, size: int) -> None:
    before = recalculations.feed_state(recalculation)
    starts, total = await repository.list_chunk_starts(session, size)
    chunks = _chunks(recalculation.id, starts, total, size)
    if chunks:
        await repository.add_chunks(session, chunks)
    recalculation.status, recalculation.total = "running", total
    recalculation.started_at = datetime.now(UTC)
    await recalculations.save(session, WORKER, recalculation, "started", before)


def _chunks(recalculation_id: UUID, starts: Sequence[UUID], total: int, size: int) -> list[RecalculationChunk]:
    """Ranges that leave no gap, before the first supplier and behind the last one neither.

    So a supplier that is just getting its first score, by a policy that is about to be replaced, lies in one of them.
    """
    firsts = [UUID(int=0), *starts[1:]] if starts else []
    lasts = [*(UUID(int=first.int - 1) for first in starts[1:]), UUID(int=2**128 - 1)]
    return [
        RecalculationChunk(
            recalculation_id=recalculation_id, n=n, first_id=first, last_id=last, suppliers=min(size, total - n * size)
        )
        for n, (first, last) in enumerate(zip(firsts, lasts, strict=bool(starts)))
    ]


async def _score(session: AsyncSession, supplier_ids: Sequence[UUID], day: date) -> int:
    """Score suppliers whose rows are locked, and put off those that cannot be scored; returns how many changed.

    A part with such a supplier is halved until it stands alone, so that few of them cost little.
    """
    try:
        async with session.begin_nested():
            return await scoring.score_held(session, supplier_ids, day, evidence_came={})
    except Exception as error:
        if is_passing(error):
            raise
        if len(supplier_ids) == 1:
            log.exception("supplier put off", supplier_id=str(supplier_ids[0]))
            await scores.put_off(session, supplier_ids[0], f"{type(error).__name__}: {error}")
            return 0
    middle = len(supplier_ids) // 2
    return await _score(session, supplier_ids[:middle], day) + await _score(session, supplier_ids[middle:], day)
