"""What users would pick instead: an arq job for each thing; `python -m benchmarks.arq_worker` beside a stack."""

import os
import time
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from arq.connections import RedisSettings
from arq.worker import run_worker

from benchmarks.bare import EVENT, FINDING
from shared.ids import new_id

QUEUE = "benchmark"
STARTED = "benchmark:started"
DONE = "benchmark:done"
POLL_SECONDS = 0.05
"""As our workers have it (shared/worker.py)."""
TABLES = """
    CREATE TABLE IF NOT EXISTS bare.tier (supplier_id uuid PRIMARY KEY, tier text NOT NULL);
    CREATE INDEX IF NOT EXISTS bare_finding_supplier ON bare.finding (supplier_id);
"""
TIER = """
    INSERT INTO bare.tier (supplier_id, tier)
    SELECT $1, CASE WHEN count(*) FILTER (WHERE severity = 'priority') > 0 THEN 'high'
        WHEN count(*) FILTER (WHERE severity = 'major') > 3 THEN 'medium' ELSE 'low' END
    FROM bare.finding WHERE supplier_id = $1 AND status = 'open'
    ON CONFLICT (supplier_id) DO UPDATE SET tier = excluded.tier
"""


async def start(context: dict[str, Any]) -> None:
    """With as many connections as arq runs jobs."""
    context["pool"] = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10)


async def empty(context: dict[str, Any], sent: float) -> None:
    """Nothing; only tells how long it took to get here."""
    await context["redis"].rpush(STARTED, repr(time.time() - sent))


async def take_in(context: dict[str, Any], supplier: str, ref: str, provision: str, severity: str, text: str) -> None:
    """One finding, its event, and its supplier's tier by a much simpler rule than ours."""
    finding_id, supplier_id, day = new_id(), UUID(supplier), date(2026, 1, 5)
    async with context["pool"].acquire() as connection, connection.transaction():
        await connection.execute(FINDING, finding_id, ref, supplier_id, "RBA", "8.0", provision, severity, text, day)
        await connection.execute(EVENT, new_id(), finding_id, "{}")
        await connection.execute(TIER, supplier_id)
    await context["redis"].incr(DONE)


class WorkerSettings:
    """arq's defaults, but for the pause between two looks at the queue and results that nobody reads."""

    functions = (empty, take_in)
    queue_name = QUEUE
    poll_delay = POLL_SECONDS
    keep_result = 0
    on_startup = start


if __name__ == "__main__":
    run_worker(WorkerSettings, redis_settings=RedisSettings.from_dsn(os.environ["REDIS_URL"]))  # type: ignore[arg-type]
