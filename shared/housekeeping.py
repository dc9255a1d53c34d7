"""Forgetting what is past its time: old events, idempotency keys and finished tasks."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func

from shared.db import Database
from shared.feed import reading
from shared.tasks.tables import task
from shared.web import idempotency

EVERY_SECONDS = 600.0
TASKS_KEPT_FOR = timedelta(days=30)

Chore = Callable[[datetime], Awaitable[object]]
"""What a service tidies besides; told what time it is, and to be done in bounded time."""


class Housekeeping:
    """Tidies a service's schema now and then; to be called with every tick of a worker."""

    def __init__(self, database: Database, chores: Sequence[Chore] = ()) -> None:
        """The first call tidies."""
        self._database = database
        self._chores = chores
        self._next = 0.0

    async def tidy(self) -> None:
        """Tidy, if the last time in this process is long enough ago."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        async with self._database.transaction() as session:
            await idempotency.forget_old(session)
            await session.execute(
                delete(task).where(task.c.status == "succeeded", task.c.finished_at < func.now() - TASKS_KEPT_FOR)
            )
            await reading.prune(session)
        for chore in self._chores:
            await chore(datetime.now(UTC))
