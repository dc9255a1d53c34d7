"""What the code of the last release says to its database, as it was recorded, said again under load."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg

from shared.ids import new_id

STEP, STATEMENT = "\n-- then\n", ";\n"
LONGEST_WAIT_FOR_A_LOCK = "4s"
"""Far above what a migration may make anybody wait, far below what waiting behind one would come to."""


def recorded(service: str) -> list[list[str]]:
    """Steps, each a transaction of statements in which $1 names the row."""
    script = (Path(__file__).parent / "released" / f"{service}.sql").read_text(encoding="utf-8")
    return [[each for part in step.split(STATEMENT) if (each := part.strip())] for step in script.split(STEP)]


@dataclass
class Load:
    """Sessions of one service that never pause; what failed is kept, not raised."""

    service: str
    url: str
    done: list[UUID] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    slowest: float = 0.0
    ended: bool = False

    async def keep_on(self) -> None:
        """Write one row after the other, in all steps of the record, until the load is ended."""
        settings = {"search_path": self.service, "lock_timeout": LONGEST_WAIT_FOR_A_LOCK}
        connection = await asyncpg.connect(self.url, server_settings=settings)
        steps = recorded(self.service)
        try:
            while not self.ended:
                row = new_id()
                for step in steps:
                    await self._take(connection, step, row)
                self.done.append(row)
        finally:
            await connection.close()

    async def _take(self, connection: asyncpg.Connection, step: list[str], row: UUID) -> None:
        began = time.monotonic()
        try:
            async with connection.transaction():
                for statement in step:
                    await connection.execute(statement, row)
        except asyncpg.PostgresError as error:
            self.failed.append(f"{type(error).__name__}: {error} ({step[0][:60]})")
        self.slowest = max(self.slowest, time.monotonic() - began)

    async def has_done(self, more: int) -> None:
        """Wait until so many more rows are written."""
        goal = len(self.done) + more
        while len(self.done) < goal and not self.failed:  # noqa: ASYNC110  # the sessions count for themselves
            await asyncio.sleep(0.02)
