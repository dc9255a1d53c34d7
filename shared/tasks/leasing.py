"""Claiming due tasks and seeing them through: at least once, one worker at a time, late ones fenced off."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tracing
from shared.db import Database
from shared.errors import BellwetherError
from shared.tasks.tables import task

LEASE_SECONDS = 60
BACKOFF_SECONDS = (1, 5, 30, 120, 600, 1800)
MOST_ATTEMPTS = len(BACKOFF_SECONDS) + 1

log = structlog.get_logger()


class LeaseLost(Exception):
    """Another worker has taken the task over; whatever this one was doing is rolled back."""


class WorkerDied(Exception):
    """Every worker that took the task died over it without a word; it is not given to yet another."""


class Later(Exception):
    """The task cannot go on yet; try again in `seconds`, without counting it as a failure.

    Where it `has_advanced`, the failures before this are forgotten: they did not stop it.
    """

    def __init__(self, seconds: float, *, has_advanced: bool = False) -> None:
        """Keep how long to wait."""
        super().__init__()
        self.seconds = seconds
        self.has_advanced = has_advanced


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one task for a while."""

    task_id: UUID
    payload: Mapping[str, Any]
    number: int
    attempts: int

    async def extend(self, session: AsyncSession, *, has_advanced: bool = False) -> None:
        """Hold the task for another minute; every step of the work does this first, in its own transaction.

        A long piece of work of many small steps says when it `has_advanced`: failures and deaths of workers over the
        steps before do not count against it.
        """
        counted: dict[str, Any] = {"attempts": 1} if has_advanced else {}
        await self._update(session, locked_until=func.now() + timedelta(seconds=LEASE_SECONDS), **counted)

    async def complete(self, session: AsyncSession) -> None:
        """Mark the task done, in the transaction of its last effect."""
        await self._update(session, status="succeeded", locked_until=None, finished_at=func.now())

    async def _update(self, session: AsyncSession, **values: Any) -> None:
        held = (task.c.id == self.task_id, task.c.lease == self.number, task.c.status == "running")
        if (await session.execute(update(task).where(*held).values(**values).returning(task.c.id))).first() is None:
            raise LeaseLost


Handler = Callable[[Lease], Awaitable[None]]
"""Does one task: extends its lease in each transaction, completes it in the last; may be run again after a crash."""


GiveUp = Callable[[AsyncSession, Mapping[str, Any]], Awaitable[None]]
"""Tells whoever waits for a task, by its payload, that it is not tried again; in the transaction that marks it dead."""

GIVEN_UP = "It could not be finished and was given up; what was done stays. The operators see why."
"""What whoever waits is told: the error itself is for the operators."""


async def run_due(
    database: Database, handlers: Mapping[str, Handler], give_up: Mapping[str, GiveUp] | None = None
) -> int:
    """Do all tasks that are due now, one after the other; returns how many were tried.

    `handlers` and `give_up` go by the kind of task.
    """
    tried = 0
    while (claimed := await _claim(database, tuple(handlers))) is not None:
        tried += 1
        kind, lease, trace = claimed
        with (
            structlog.contextvars.bound_contextvars(task=kind, task_id=str(lease.task_id)),
            tracing.following(trace, f"task {kind}", "consumer") as span,
        ):
            span.attributes |= {"task.id": str(lease.task_id), "task.attempts": lease.attempts}
            await _try(database, lease, handlers[kind], (give_up or {}).get(kind))
    return tried


async def _try(database: Database, lease: Lease, handler: Handler, give_up: GiveUp | None) -> None:
    try:
        await _do(handler, lease)
    except LeaseLost:
        log.warning("lease lost")
    except Later as later:
        attempts = 0 if later.has_advanced else task.c.attempts - 1
        await _put_back(database, lease, seconds=later.seconds, attempts=attempts)
    except (Exception, asyncio.CancelledError) as error:
        await _fail(database, lease, error, give_up)
        if isinstance(error, asyncio.CancelledError):
            raise


async def _do(handler: Handler, lease: Lease) -> None:
    if lease.attempts > MOST_ATTEMPTS:
        raise WorkerDied
    await handler(lease)


async def _claim(database: Database, kinds: tuple[str, ...]) -> tuple[str, Lease, str | None] | None:
    due = or_(
        and_(task.c.status == "queued", task.c.next_attempt_at <= func.now()),
        and_(task.c.status == "running", task.c.locked_until < func.now()),
    )
    async with database.transaction() as session:
        first = (
            select(task.c.id)
            .where(task.c.kind.in_(kinds), due)
            .order_by(task.c.next_attempt_at, task.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        claimed = (
            update(task)
            .where(task.c.id == first.scalar_subquery())
            .values(
                status="running",
                lease=task.c.lease + 1,
                attempts=task.c.attempts + 1,
                locked_until=func.now() + timedelta(seconds=LEASE_SECONDS),
            )
        )
        row = (
            await session.execute(
                claimed.returning(task.c.id, task.c.kind, task.c.payload, task.c.lease, task.c.attempts, task.c.trace)
            )
        ).one_or_none()
    return None if row is None else (row.kind, Lease(row.id, row.payload, row.lease, row.attempts), row.trace)


async def _put_back(
    database: Database, lease: Lease, *, seconds: float, attempts: int | ColumnElement[int], error: str | None = None
) -> None:
    held = (task.c.id == lease.task_id, task.c.lease == lease.number, task.c.status == "running")
    async with database.transaction() as session:
        await session.execute(
            update(task)
            .where(*held)
            .values(
                status="queued",
                attempts=attempts,
                locked_until=None,
                last_error=error,
                next_attempt_at=func.now() + timedelta(seconds=seconds),
            )
        )


async def _count_attempts(database: Database, lease: Lease) -> int:
    """Attempts since the task last got on, which may have been in this one."""
    async with database.snapshot() as session:
        attempts: int | None = await session.scalar(select(task.c.attempts).where(task.c.id == lease.task_id))
    return lease.attempts if attempts is None else attempts


async def _fail(database: Database, lease: Lease, error: BaseException, give_up: GiveUp | None) -> None:
    message = error.detail if isinstance(error, BellwetherError) else f"{type(error).__name__}: {error}"
    if isinstance(error, asyncio.CancelledError):
        await asyncio.shield(_put_back(database, lease, seconds=0, attempts=task.c.attempts - 1))
        return
    tracing.failed(error)
    attempts = await _count_attempts(database, lease)
    log.warning("task failed", attempts=attempts, error=message, exc_info=error)
    if attempts < MOST_ATTEMPTS:
        seconds = BACKOFF_SECONDS[attempts - 1]
        await _put_back(database, lease, seconds=seconds, attempts=attempts, error=message[:2000])
        return
    held = (task.c.id == lease.task_id, task.c.lease == lease.number, task.c.status == "running")
    dead = {"status": "dead", "locked_until": None, "last_error": message[:2000], "finished_at": func.now()}
    async with database.transaction() as session:
        marked = await session.execute(update(task).where(*held).values(**dead).returning(task.c.id))
        if marked.first() is not None and give_up is not None:
            await give_up(session, lease.payload)
