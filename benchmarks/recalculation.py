"""A recalculation of all scores against set-based SQL that writes the same rows.

Starts servers of its own and fills scoring's tables with suppliers and evidence of every kind. From the same state it
then has a real worker process recalculate, and PostgreSQL alone: one INSERT ... SELECT that computes the same formula
over the same tables and writes the same scores, history and events; what both wrote is compared. All scores come out
otherwise, as under new rules. At a tenth of the suppliers one worker and two take turns, and what a supplier costs
there is held against what it costs among all.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import asyncpg
import psutil

from benchmarks.results import Result
from benchmarks.rounds import by_turns_async, say, scaled
from benchmarks.servers import migrated_servers
from local.servers.embedded import Servers
from services.scoring.service import recalculations, scoring
from shared.auth.principal import Actor
from tests.oracle.sql_scoring import RECALCULATE
from tests.scoring.population import populate
from tests.stage import Stage, url_of_role

GOAL = 2.0
SUPPLIERS = 1_000_000
ROUNDS, ROUNDS_OF_FEW = 2, 3
MOST_MEMORY_MB = 500
WORK_MEM = "256MB"
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 3600.0
RESTORE = (
    "TRUNCATE score, score_history, feed_event, recalculation_chunk, recalculation CASCADE",
    "INSERT INTO score TABLE score_before",
    "VACUUM ANALYZE score",
    "VACUUM ANALYZE score_history",
    "VACUUM ANALYZE feed_event",
)
DIGEST = """
    SELECT (SELECT count(*) FROM score_history),
        (SELECT count(*) FROM feed_event WHERE resource IN ('score', 'risk_tier')),
        (SELECT sum(hashtextextended(row(supplier_id, version, score, base, credit, confidence, categories, risk_tier,
            tier_reasons, basis, policy_version, valid_until)::text, 0)::numeric) FROM score),
        (SELECT sum(hashtextextended(row(supplier_id, score_version, score, base, credit, confidence, categories,
            risk_tier, tier_reasons, basis, policy_version, as_of)::text, 0)::numeric) FROM score_history),
        (SELECT sum(hash_numeric_extended((data ->> 'score')::numeric, version)::numeric) FROM feed_event
            WHERE resource = 'score')
"""


@dataclass
class Measured:
    """Seconds of each round, and the most memory (MB) that any worker held."""

    ours: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    memory: float = 0.0


@asynccontextmanager
async def workers(stage: Stage, count: int) -> AsyncIterator[list[psutil.Process]]:
    """Real workers, ready and idle."""
    given = stage.settings("scoring")
    names = ("database_url", "redis_url", "service_key_file", "peer_keys_dir")
    environment = {name.upper(): str(getattr(given, name)) for name in names}
    away = {f"{service.upper()}_URL": "http://127.0.0.1:9" for service in ("registry", "audit", "engagement")}
    command = [sys.executable, "-m", "services.scoring.worker", "scores"]
    environment = {**os.environ, **environment, **away, "LOG_LEVEL": "ERROR"}
    running = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(count)]
    try:
        await asyncio.sleep(4)
        yield [psutil.Process(one.pid) for one in running]
    finally:
        for one in running:
            one.terminate()
        for one in running:
            await one.wait()


async def recalculate(
    stage: Stage, connection: asyncpg.Connection, processes: list[psutil.Process]
) -> tuple[float, float]:
    """Order a recalculation and wait for its end; the seconds from the order to it, and the workers' peak of memory."""
    peak = 0.0
    async with stage.resources("scoring").database.transaction() as session:
        ordered = await recalculations.order_recalculation(session, Actor("benchmark", None), "a benchmark")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, *(process.memory_info().rss / 2**20 for process in processes))
        row = await connection.fetchrow(
            "SELECT status, extract(epoch FROM finished_at - created_at) AS seconds FROM recalculation WHERE id = $1",
            ordered.id,
        )
        if row["status"] == "succeeded":
            return float(row["seconds"]), peak
        await asyncio.sleep(LOOK_SECONDS)
    raise RuntimeError("The recalculation did not end.")


async def refer(connection: asyncpg.Connection, day: date) -> float:
    """Seconds that PostgreSQL alone takes, committed."""
    async with connection.transaction():
        await connection.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        began = time.perf_counter()
        await connection.execute(RECALCULATE, day)
    return time.perf_counter() - began


async def restore(connection: asyncpg.Connection, admin: asyncpg.Connection) -> None:
    """The state before, on disk as it would be after a while."""
    for statement in RESTORE:
        await connection.execute(statement)
    await admin.execute("CHECKPOINT")


@asynccontextmanager
async def connected(stage: Stage) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Connection]]:
    """As who owns the tables, with all scores about to come out otherwise; and as the superuser."""
    url = url_of_role(stage.servers.admin_url, "migrator")
    connection = await asyncpg.connect(url, server_settings={"search_path": "scoring", "jit": "off"})
    admin = await asyncpg.connect(stage.servers.admin_url)
    try:
        await connection.execute("DROP TABLE IF EXISTS score_before")
        await connection.execute("CREATE TABLE score_before AS TABLE score")
        await connection.execute("UPDATE score_before SET base = base + 1")
        yield connection, admin
    finally:
        await connection.close()
        await admin.close()


async def against_sql(stage: Stage, rounds: int) -> Measured:
    """One worker and SQL by turns, from the same state."""
    measured, day = Measured(), scoring.today()
    async with connected(stage) as (connection, admin), workers(stage, 1) as processes:
        for _ in range(rounds):
            await restore(connection, admin)
            seconds, peak = await recalculate(stage, connection, processes)
            measured.ours.append(seconds)
            measured.memory = max(measured.memory, peak)
            ours = tuple(await connection.fetchrow(DIGEST))
            await restore(connection, admin)
            measured.reference.append(await refer(connection, day))
            reference = tuple(await connection.fetchrow(DIGEST))
            if ours != reference:
                raise RuntimeError(f"The recalculation wrote {ours}, SQL {reference}.")
    return measured


async def by_workers(stage: Stage, rounds: int) -> dict[str, float]:
    """Seconds of one worker and of two, by turns."""

    async def of(count: int) -> float:
        await restore(connection, admin)
        async with workers(stage, count) as processes:
            return (await recalculate(stage, connection, processes))[0]

    async with connected(stage) as (connection, admin):
        return await by_turns_async(rounds, {"one": lambda: of(1), "two": lambda: of(2)})


async def fill(stage: Stage, suppliers: int) -> None:
    """Evidence, and the scores that follow from it."""
    url = url_of_role(stage.servers.admin_url, "migrator")
    connection = await asyncpg.connect(url, server_settings={"search_path": "scoring", "jit": "off"})
    counts = await populate(connection, suppliers, scoring.today())
    await connection.execute("VACUUM ANALYZE")
    await refer(connection, scoring.today())
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    say("  " + " ".join(f"{table} {rows}" for table, rows in counts.items()))


async def few(servers: Servers, folder: Path, suppliers: int) -> dict[str, float]:
    """A tenth of the suppliers."""
    async with Stage.open(servers, folder) as stage:
        await fill(stage, suppliers)
        seconds = await by_workers(stage, scaled(ROUNDS_OF_FEW, least=2))
    say(f"  {suppliers} suppliers: one worker {seconds['one']:.1f} s, two {seconds['two']:.1f} s")
    return seconds


async def all_of_them(servers: Servers, folder: Path, suppliers: int) -> Measured:
    """All suppliers."""
    async with Stage.open(servers, folder) as stage:
        await fill(stage, suppliers)
        measured = await against_sql(stage, scaled(ROUNDS, least=2))
    ours, reference = statistics.median(measured.ours), statistics.median(measured.reference)
    say(f"  {suppliers} suppliers: {ours:.1f} s, SQL {reference:.1f} s, worker at most {measured.memory:.0f} MB")
    return measured


def measure() -> list[Result]:
    """On servers of its own for each number of suppliers."""
    suppliers = scaled(SUPPLIERS, least=20_000)
    fewer = suppliers // 10
    with migrated_servers() as (servers, folder):
        seconds = asyncio.run(few(servers, folder, fewer))
    with migrated_servers() as (servers, folder):
        measured = asyncio.run(all_of_them(servers, folder, suppliers))
    ours, reference = statistics.median(measured.ours), statistics.median(measured.reference)
    work = f"recalculate {SUPPLIERS:,} suppliers"
    each = "suppliers/s"
    return [
        Result(f"{work}, one worker", ours, reference, "s", GOAL, "lower"),
        Result(f"{work}, memory of the worker", measured.memory, MOST_MEMORY_MB, "MB", 1, "lower"),
        Result(f"{SUPPLIERS:,} suppliers against {SUPPLIERS // 10:,}",
               suppliers / ours, fewer / seconds["one"], each, 1, "higher"),
        Result("two workers against one", fewer / seconds["two"], fewer / seconds["one"], each, 1, "higher"),
    ]  # fmt: skip
