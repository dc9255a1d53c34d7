"""How far an import is: its counts, its errors and its end, each in the transaction of what it tells of."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.imports import tables
from shared.imports.kinds import RowError
from shared.tasks import GIVEN_UP, Lease


async def note_progress(
    session: AsyncSession, run_id: UUID, records: int, unchanged: int, failed: int, errors: Sequence[RowError]
) -> None:
    """Count a batch's records and keep its errors, in the transaction of its effects."""
    run = tables.run
    noted = (
        update(run)
        .where(run.c.id == run_id)
        .values(
            processed=run.c.processed + records,
            succeeded=run.c.succeeded + records - failed,
            unchanged=run.c.unchanged + unchanged,
            failed=run.c.failed + failed,
        )
    )
    await session.execute(noted)
    await _note_errors(session, run_id, errors)


async def note_wrong_together(session: AsyncSession, run_id: UUID, errors: Sequence[RowError]) -> None:
    """Count lines as failed that were taken in by themselves and do not fit together."""
    run, failed = tables.run, len({error.line for error in errors})
    counted = {"succeeded": run.c.succeeded - failed, "failed": run.c.failed + failed}
    await session.execute(update(run).where(run.c.id == run_id).values(**counted))
    await _note_errors(session, run_id, errors)


async def _note_errors(session: AsyncSession, run_id: UUID, errors: Sequence[RowError]) -> None:
    if errors:
        last = select(func.coalesce(func.max(tables.error.c.n), 0)).where(tables.error.c.run_id == run_id)
        n = (await session.execute(last)).scalar_one()
        await session.execute(
            insert(tables.error),
            [
                {
                    "run_id": run_id,
                    "n": n + i,
                    "line": error.line,
                    "column": error.column,
                    "message": error.message,
                }
                for i, error in enumerate(sorted(errors, key=lambda error: error.line), start=1)
            ],
        )


async def end_run(
    session: AsyncSession, lease: Lease, run_id: UUID, *, status: str | None = None, error: str | None = None
) -> None:
    """Complete the task and its run, whose status follows from its counts unless it is given."""
    run = tables.run
    await lease.complete(session)
    if status is None:
        counts = (await session.execute(select(run.c.succeeded, run.c.failed).where(run.c.id == run_id))).one()
        status = "succeeded" if not counts.failed else "partially_succeeded" if counts.succeeded else "failed"
    ended = {"status": status, "error": error, "finished_at": func.now()}
    await session.execute(update(run).where(run.c.id == run_id).values(**ended))
    # The file has served its purpose, and may hold personal data.
    await session.execute(tables.chunk.delete().where(tables.chunk.c.run_id == run_id))


async def give_up_run(session: AsyncSession, run_id: UUID) -> None:
    """End the run of a dead task; its file is kept, so that the task can be replayed once the cause is mended."""
    ended = {"status": "failed", "error": GIVEN_UP, "finished_at": func.now()}
    await session.execute(update(tables.run).where(tables.run.c.id == run_id).values(**ended))
