"""Figures for those who operate a service: what Prometheus reads, from the process and from its database.

Those of the database are the same whichever replica is asked: take their maximum, not their sum.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from prometheus_client import Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from shared.db import Database
from shared.feed.following import cursor, parked
from shared.feed.tables import event, state
from shared.tasks.tables import task

PATIENCE_SECONDS = 3.0

Figure = Callable[[AsyncSession, str], Awaitable[None]]
"""Sets gauges of the service that is named, from a snapshot of its database, by statements that indexes answer."""

TASKS = Gauge("bellwether_tasks", "Tasks that are not done", ["service", "kind", "status"])
TASKS_WAIT = Gauge("bellwether_tasks_wait_seconds", "For how long the task that is due longest has waited", ["service"])
FEED_HEAD = Gauge("bellwether_feed_head", "The newest position of the service's feed", ["service"])
FEED_UNNUMBERED = Gauge("bellwether_feed_unnumbered", "Committed events that nobody has asked for yet", ["service"])
CURSOR = Gauge("bellwether_feed_cursor", "How far a source's feed has been read", ["service", "source"])
CURSOR_AGE = Gauge("bellwether_feed_cursor_age_seconds", "Since when it has not been moved", ["service", "source"])
PARKED = Gauge("bellwether_feed_parked", "Events that could not be applied", ["service", "source"])
POOL_USED = Gauge("bellwether_pool_connections_used", "Database connections in use in this process", ["service"])
POOL_SIZE = Gauge("bellwether_pool_connections", "Database connections that this process may hold", ["service"])
READ_FAILED = Gauge("bellwether_figures_failed", "Whether the database's figures could not be read", ["service"])

# Anything but done is in an index; the done ones are many.
UNDONE = text("status IN ('queued', 'running')")
DEAD = text("status = 'dead'")

log = structlog.get_logger()


async def read(database: Database, service: str, more: Sequence[Figure] = ()) -> bytes:
    """All figures in Prometheus's text format; without a database those of the process alone."""
    if isinstance(pool := database.engine.pool, QueuePool):
        POOL_USED.labels(service).set(pool.checkedout())
        POOL_SIZE.labels(service).set(pool.size())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), database.snapshot() as session:
            await _read_tasks(session, service)
            await _read_feed(session, service)
            for figure in more:
                await figure(session, service)
        READ_FAILED.labels(service).set(0)
    except (SQLAlchemyError, OSError) as error:
        READ_FAILED.labels(service).set(1)
        log.warning("figures of the database are missing", error=type(error).__name__)
    return generate_latest()


async def _read_tasks(session: AsyncSession, service: str) -> None:
    TASKS.clear()
    for condition in (UNDONE, DEAD):
        counted = select(task.c.kind, task.c.status, func.count()).where(condition).group_by(task.c.kind, task.c.status)
        for kind, status, number in await session.execute(counted):
            TASKS.labels(service, kind, status).set(number)
    since = func.extract("epoch", func.now() - func.min(task.c.next_attempt_at))
    TASKS_WAIT.labels(service).set(max(0.0, float(await session.scalar(select(since).where(UNDONE)) or 0)))


async def _read_feed(session: AsyncSession, service: str) -> None:
    FEED_HEAD.labels(service).set(await session.scalar(select(state.c.head)) or 0)
    unnumbered = select(func.count()).select_from(event).where(event.c.feed_seq.is_(None))
    FEED_UNNUMBERED.labels(service).set(await session.scalar(unnumbered) or 0)


async def read_cursors(session: AsyncSession, service: str) -> None:
    """Of a service that follows others' feeds: how far it has come with each."""
    moved = func.extract("epoch", func.now() - cursor.c.moved_at)
    for source, seq, seconds in await session.execute(select(cursor.c.source, cursor.c.seq, moved)):
        CURSOR.labels(service, source).set(seq)
        CURSOR_AGE.labels(service, source).set(float(seconds))
        PARKED.labels(service, source).set(0)
    for source, number in await session.execute(select(parked.c.source, func.count()).group_by(parked.c.source)):
        PARKED.labels(service, source).set(number)
