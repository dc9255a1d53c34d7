"""Scores workers as processes of their own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.stage import Stage

NOBODY = "http://127.0.0.1:9"


async def start_worker(stage: Stage) -> asyncio.subprocess.Process:
    """A worker on the stage's database; the other services are away."""
    given = stage.settings("scoring")
    names = ("database_url", "redis_url", "service_key_file", "peer_keys_dir")
    environment = {name.upper(): str(getattr(given, name)) for name in names}
    away = {f"{service.upper()}_URL": NOBODY for service in ("registry", "audit", "engagement")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.scoring.worker", "scores",
        env={**os.environ, **environment, **away, "LOG_LEVEL": "ERROR"}, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def stop_worker(worker: asyncio.subprocess.Process) -> None:
    """Have it end as it does when it is told to."""
    if worker.returncode is None:
        worker.terminate()
    await asyncio.wait_for(worker.wait(), 60)


@asynccontextmanager
async def running_workers(stage: Stage, count: int) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """So many workers; whichever are in the list at the end of the block are stopped there."""
    workers = [await start_worker(stage) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            await stop_worker(worker)
