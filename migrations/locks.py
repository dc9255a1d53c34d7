"""How a migration gives way: it waits for no lock for long, and can say which one it was and who held it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# While a step waits for a table, everybody who comes after it waits too. And it is less than PostgreSQL's
# deadlock_timeout (1 s): where a step and a request wait for each other, it is not the request that fails.
PATIENCE_MS = 800
# But only whoever has waited for longer than that has an autovacuum stopped, which may go on for hours.
PATIENCE_WITH_VACUUM_MS = 2000
LOOK_EVERY_SECONDS = 0.1
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"

# Of others' sessions only process, role and application may be seen; what PostgreSQL runs by itself has no role.
WHO_HOLDS_IT = text("""
    SELECT coalesce(c.relname, wanted.locktype) AS what, string_agg(DISTINCT format('process %s (%s)', holder.pid,
        CASE WHEN holder.usename IS NULL THEN 'autovacuum'
            ELSE concat_ws(', ', 'role ' || holder.usename, nullif(holder.application_name, '')) END), ', ')
    FROM pg_locks AS wanted
    LEFT JOIN pg_class AS c ON c.oid = wanted.relation
    CROSS JOIN LATERAL unnest(pg_blocking_pids(wanted.pid)) AS blocking (pid)
    JOIN pg_stat_activity AS holder ON holder.pid = blocking.pid
    WHERE wanted.pid = :pid AND NOT wanted.granted
    GROUP BY 1
""")


class GaveWay(Exception):
    """A step did not get a lock that it needed, and was rolled back: nothing of it was done."""

    @property
    def is_to_vacuum(self) -> bool:
        """Whether only more patience helps."""
        return "autovacuum" in str(self)


@dataclass(slots=True)
class Wait:
    """The last wait for a lock, in words."""

    text: str = "a lock was not to be had"


def hold(*tables: str) -> None:
    """Lock tables that are there already and that this step changes or refers to: all of them, first of all, or none.

    A step that locks one after the other while it works keeps whoever needs the first from it while it waits for the
    last, and meets requests that have them in another order.
    """
    config = op.get_context().config
    is_to_vacuum = config is not None and config.attributes.get("vacuum_in_the_way", False)
    patience = PATIENCE_WITH_VACUUM_MS if is_to_vacuum else PATIENCE_MS // len(tables)
    op.execute(f"SET LOCAL lock_timeout = '{patience}ms'")
    op.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    op.get_bind().info.setdefault("held", set()).update(tables)


@asynccontextmanager
async def watched(engine: AsyncEngine, connection: AsyncConnection) -> AsyncIterator[Wait]:
    """Look, from a connection beside it, what `connection` waits for: once it has given up nobody can tell."""
    pid = int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)
    await connection.rollback()
    wait = Wait()
    watching = asyncio.create_task(_watch(engine, pid, wait))
    try:
        yield wait
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def _watch(engine: AsyncEngine, pid: int, wait: Wait) -> None:
    async with engine.connect() as beside:
        await beside.execution_options(isolation_level="AUTOCOMMIT")
        while True:
            for what, holders in await beside.execute(WHO_HOLDS_IT, {"pid": pid}):
                wait.text = f"{what} is held by {holders}"
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def is_for_a_lock(error: DBAPIError) -> bool:
    """Whether a statement failed since others held what it needed."""
    return getattr(error.orig, "sqlstate", None) in (LOCK_NOT_AVAILABLE, DEADLOCK)
