"""Jobs handed to the arq worker of `benchmarks.arq_worker`, and how long they take."""

import asyncio
import time
from collections.abc import Sequence

from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from benchmarks.arq_worker import DONE, QUEUE, STARTED
from benchmarks.files import Row

PATIENCE_SECONDS = 300
LOOK_SECONDS = 0.01


async def connect(redis_url: str) -> ArqRedis:
    """To where the stack's doorbells are."""
    return await create_pool(RedisSettings.from_dsn(redis_url), default_queue_name=QUEUE)


async def start_of_empty_job(redis: ArqRedis) -> float:
    """Seconds from enqueuing a job that does nothing to its start."""
    await redis.enqueue_job("empty", time.time())
    told = await redis.blpop([STARTED], timeout=PATIENCE_SECONDS)  # type: ignore[misc]  # typed for both kinds of client
    if told is None:
        raise RedisError("The arq worker does not work.")
    return float(told[1])


async def per_second(redis: ArqRedis, rows: Sequence[Row], supplier_ids: Sequence[str]) -> float:
    """Findings taken in a second, each by a job, from the first enqueued to the last done."""
    await redis.delete(DONE)
    began = time.perf_counter()
    for number, row in enumerate(rows):
        ref, _, _, provision, _, severity, *_, text = row
        await redis.enqueue_job(
            "take_in", supplier_ids[number % len(supplier_ids)], f"{began}-{ref}", provision, severity, text
        )
    deadline = began + PATIENCE_SECONDS
    while int(await redis.get(DONE) or 0) < len(rows):
        if time.perf_counter() > deadline:
            raise RedisError("The arq worker does not get done.")
        await asyncio.sleep(LOOK_SECONDS)
    return len(rows) / (time.perf_counter() - began)
