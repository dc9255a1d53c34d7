"""A process whose clock goes wrong by minutes: late at worst, nothing lost, and well again with the clock."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from services.scoring.worker import ScoresWorker
from shared.auth import tokens
from shared.tasks.tables import enqueue
from tests.faults import invariants
from tests.faults.programme import SOURCES, Programme
from tests.stage import Stage, over_http
from tests.tried import Tried, noting

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
TOLERATED = tokens.LEEWAY_SECONDS - 5
TOO_MUCH = 180


@pytest.fixture
async def urls(stage: Stage) -> AsyncIterator[dict[str, str]]:
    async with AsyncExitStack() as opened:
        yield {source: await opened.enter_async_context(over_http(stage, source)) for source in SOURCES}


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    return noting(request.node)


@asynccontextmanager
async def worker_whose_clock_is_wrong(
    stage: Stage, urls: dict[str, str], seconds: float, *module: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    service = module[0].split(".")[1]
    given = stage.settings(service)
    names = ("database_url", "redis_url", "service_key_file", "peer_keys_dir", "files_url")
    environment = {name.upper(): str(getattr(given, name)) for name in names if hasattr(given, name)}
    environment |= {f"{source.upper()}_URL": url for source, url in urls.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROJECT / "tests/faults/shifted.py"), str(seconds), *module,
        cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1", **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.communicate(), 60)


async def position(stage: Stage, source: str) -> int:
    rows = await stage.psql("scoring", "SELECT seq FROM feed_cursor WHERE source = $1", source)
    return int(rows[0]["seq"]) if rows else 0


async def is_scored(stage: Stage, programme: Programme) -> bool:
    heads = {source: len(await invariants.feed_of(stage, source)) for source in SOURCES}
    if {source: await position(stage, source) for source in SOURCES} != heads:
        return False
    return await stage.psql("scoring", "SELECT 1 FROM dirty") == [] and bool(programme.suppliers)


@pytest.mark.parametrize("seconds", [TOLERATED, -TOLERATED])
async def test_a_worker_whose_clock_is_wrong_by_less_than_the_leeway_follows_as_ever(
    stage: Stage, urls: dict[str, str], seconds: float, tried: Tried
) -> None:
    programme = Programme(stage)
    await programme.add_supplier()
    for source in SOURCES:
        await programme.write(source)
    async with worker_whose_clock_is_wrong(stage, urls, seconds, "services.scoring.worker", "scores"):
        deadline = time.monotonic() + PATIENCE
        while not await is_scored(stage, programme):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    await invariants.all_holds(stage, programme)
    tried("clocks within the leeway", operations=1, requests=programme.written, attacks=1)


@pytest.mark.parametrize("seconds", [TOO_MUCH, -TOO_MUCH])
async def test_a_worker_whose_clock_is_wrong_by_minutes_is_refused_and_misses_nothing_afterwards(
    stage: Stage, urls: dict[str, str], seconds: float, tried: Tried
) -> None:
    programme = Programme(stage)
    await programme.add_supplier()
    async with worker_whose_clock_is_wrong(stage, urls, seconds, "services.scoring.worker", "scores") as worker:
        assert worker.stdout is not None
        refused: set[str] = set()
        async with asyncio.timeout(PATIENCE):
            while refused != set(SOURCES):
                line = (await worker.stdout.readline()).decode()
                assert line, "it ended"
                refused |= {source for source in SOURCES if '"feed not read"' in line and f'"{source}"' in line}
                assert "feed not read" not in line or "401" in line, line
    for source in SOURCES:
        assert await position(stage, source) == 0, "it moved no cursor"
        await programme.write(source)
    await ScoresWorker(stage.resources("scoring")).tick()
    await invariants.all_holds(stage, programme)
    tried("clocks beyond the leeway", operations=1, requests=programme.written, attacks=1)


async def test_leases_and_due_times_go_by_the_database_not_by_the_workers_clock(
    stage: Stage, urls: dict[str, str], tried: Tried
) -> None:
    """A worker an hour ahead takes over no task that another holds, and does none before it is due."""
    database = stage.resources("registry").database
    async with database.transaction() as session:
        held = await enqueue(session, "import", {"run_id": "nobody's"})
        later = await enqueue(session, "import", {"run_id": "nobody's"})
    await stage.psql(
        "registry",
        "UPDATE task SET status = 'running', lease = 1, attempts = 1, locked_until = now() + interval '1 minute'"
        " WHERE id = $1",
        held,
    )
    await stage.psql("registry", "UPDATE task SET next_attempt_at = now() + interval '1 minute' WHERE id = $1", later)
    async with database.transaction() as session:
        due = await enqueue(session, "import", {"run_id": "nobody's"})
    async with worker_whose_clock_is_wrong(stage, urls, 3600, "services.registry.worker"):
        deadline = time.monotonic() + PATIENCE
        while not (await stage.psql("registry", "SELECT 1 FROM task WHERE id = $1 AND attempts > 0", due)):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    rows = {row["id"]: row for row in await stage.psql("registry", "SELECT id, lease, attempts FROM task")}
    assert (rows[held]["lease"], rows[later]["attempts"]) == (1, 0)
    tried("leases under a wrong clock", operations=1, attacks=1)
