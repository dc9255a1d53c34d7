"""A recalculation of all scores against set-based SQL that writes the same rows: `python -m benchmarks.recalculation`.

Starts servers of its own and fills scoring's tables with suppliers and evidence of every kind. From the same state it
then has a real worker process recalculate, and PostgreSQL alone: one INSERT ... SELECT that computes the same formula
over the same tables and writes the same scores, history and events; what both wrote is compared. `changed` is how many
scores come out otherwise: all of them, as under new rules, and none. Prints medians, ratios and the worker's memory.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from local.servers.embedded import servers_for_tests
from migrations.bootstrap import bootstrap
from migrations.histories import SERVICES
from services.scoring.service import recalculations, scoring
from shared.auth.principal import Actor
from shared.logging import configure_logging
from tests.oracle.sql_scoring import RECALCULATE
from tests.scoring.population import populate
from tests.stage import PASSWORDS, Stage, migrate, url_of_role

GOAL = 2.0
MOST_MEMORY_MB = 500
WORK_MEM = "256MB"
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 3600.0
SPOILT = {
    "all": "UPDATE score_before SET base = base + 1",
    "none": "UPDATE score_before SET base = base WHERE false",
}
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
    sys.exit("The recalculation did not end.")


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


async def measure(stage: Stage, changed: str, rounds: int, count: int) -> Measured:
    """Both by turns, from the same state."""
    measured, day = Measured(), scoring.today()
    url = url_of_role(stage.servers.admin_url, "migrator")
    connection = await asyncpg.connect(url, server_settings={"search_path": "scoring", "jit": "off"})
    admin = await asyncpg.connect(stage.servers.admin_url)
    await connection.execute("DROP TABLE IF EXISTS score_before")
    await connection.execute("CREATE TABLE score_before AS TABLE score")
    await connection.execute(SPOILT[changed])
    async with workers(stage, count) as processes:
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
                sys.exit(f"The recalculation wrote {ours}, SQL {reference}.")
    await connection.close()
    await admin.close()
    return measured


async def fill(stage: Stage, suppliers: int) -> None:
    """Evidence, and the scores that follow from it."""
    url = url_of_role(stage.servers.admin_url, "migrator")
    connection = await asyncpg.connect(url, server_settings={"search_path": "scoring", "jit": "off"})
    counts = await populate(connection, suppliers, scoring.today())
    await connection.execute("VACUUM ANALYZE")
    await refer(connection, scoring.today())
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    sys.stdout.write(" ".join(f"{table} {rows}" for table, rows in counts.items()) + "\n")
    sys.stdout.flush()


async def run(servers: Any, folder: Path, given: argparse.Namespace) -> None:
    """Fill, measure, print."""
    async with Stage.open(servers, folder) as stage:
        await fill(stage, given.suppliers)
        for count in given.workers:
            for changed in given.changed:
                measured = await measure(stage, changed, given.rounds, count)
                ours, reference = statistics.median(measured.ours), statistics.median(measured.reference)
                sys.stdout.write(
                    f"{given.suppliers} suppliers, {changed} changed, {count} worker(s): {ours:7.1f} s"
                    f" {given.suppliers / ours:8.0f}/s; SQL {reference:7.1f} s; {ours / reference:5.2f} x, goal {GOAL};"
                    f" worker at most {measured.memory:4.0f} MB, goal {MOST_MEMORY_MB}\n"
                )
                sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suppliers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--changed", choices=list(SPOILT), nargs="+", default=list(SPOILT))
    given = parser.parse_args()
    configure_logging("benchmark", "WARNING", "json")
    with tempfile.TemporaryDirectory() as folder, servers_for_tests(Path(folder) / "state") as servers:
        asyncio.run(bootstrap(servers.admin_url, PASSWORDS))
        for service in SERVICES:
            migrate(service, url_of_role(servers.admin_url, "migrator"))
        asyncio.run(run(servers, Path(folder), given))


if __name__ == "__main__":
    main()
