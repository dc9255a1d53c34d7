"""A file of findings until the last tier that it changes: against COPY of the same rows, and an arq job for each."""

import asyncio
import io
import time
from collections.abc import Sequence

import asyncpg

from benchmarks import arq_jobs, arq_worker, files
from benchmarks.house import SUPPLIERS, House, supplier_ids
from benchmarks.results import Result
from benchmarks.rounds import by_turns, say, scaled
from local.load import wait_until_fresh

ROUNDS = 3
FINDINGS = 100_000
JOBS = 2000
GOAL_OF_COPY, GOAL_OF_ARQ = 0.03, 20


def measure(house: House) -> list[Result]:
    """Import, COPY and jobs in turn; all as rows per second."""
    count, jobs, number = scaled(FINDINGS, 2000), scaled(JOBS, 500), iter(range(1000))
    ids = supplier_ids(house)
    taken_in: list[float] = []
    house.sql(arq_worker.TABLES)

    def ours() -> float:
        content = files.as_csv(files.COLUMNS, files.findings(count, SUPPLIERS, f"F{next(number)}-"))
        began = time.perf_counter()
        house.import_file("audit", "findings", content)
        taken_in.append(time.perf_counter() - began)
        wait_until_fresh(house.api)
        return count / (time.perf_counter() - began)

    def copied() -> float:
        content = files.as_csv(files.COLUMNS, files.findings(count, SUPPLIERS, "C"))
        return count / asyncio.run(_copy(house.database_url, content))

    def queued() -> float:
        return asyncio.run(_jobs(house.stack.environment.redis_url, files.findings(jobs, SUPPLIERS, "J"), ids))

    with house.process("-m", "benchmarks.arq_worker"):
        median = by_turns(scaled(ROUNDS, least=2), {"ours": ours, "COPY": copied, "arq": queued})
    say(
        f"  {count} findings: {median['ours']:.0f} rows/s (taken in after {min(taken_in):.1f} s at best), "
        f"COPY {median['COPY']:.0f}, arq {median['arq']:.0f}"
    )
    work = f"import {FINDINGS:,} findings"
    return [
        Result(f"{work}, against COPY", median["ours"], median["COPY"], "rows/s", GOAL_OF_COPY, "higher"),
        Result(f"{work}, against an arq job for each", median["ours"], median["arq"], "rows/s", GOAL_OF_ARQ, "higher"),
    ]


async def _copy(url: str, content: bytes) -> float:
    """Seconds that COPY takes for the same rows, committed, into a plain table."""
    connection = await asyncpg.connect(url)
    try:
        types = {name: "date" if name.endswith("_on") else "text" for name in files.COLUMNS}
        await connection.execute(f"CREATE TABLE bare.copied ({', '.join(f'{n} {t}' for n, t in types.items())})")
        began = time.perf_counter()
        await connection.copy_to_table(
            "copied", schema_name="bare", source=io.BytesIO(content), format="csv", header=True
        )
        taken = time.perf_counter() - began
        await connection.execute("DROP TABLE bare.copied")
        return taken
    finally:
        await connection.close()


async def _jobs(redis_url: str, rows: list[files.Row], ids: Sequence[str]) -> float:
    redis = await arq_jobs.connect(redis_url)
    try:
        return await arq_jobs.per_second(redis, rows, ids)
    finally:
        await redis.aclose(close_connection_pool=True)
