"""The doorbell: arq jobs that say «something is new», carry no data, and may be lost."""

import asyncio
import time
from collections.abc import Iterable

import msgpack
import structlog
from arq.connections import ArqRedis
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.redis_address import RedisAddress

RING_APART_SECONDS = 0.05
CLOCK_STEP_SECONDS = 0.002
RING_TIMEOUT_SECONDS = 1.0
WHOLE_RING_SECONDS = 2.0
"""Rings wait for each other's connections: without an end to that, a Redis that says nothing would gather them."""
HEARING_TIMEOUT_SECONDS = 5.0
"""Workers only ask short questions: an answer that takes longer does not come any more, and they connect anew."""

log = structlog.get_logger()


def queue_name(worker: str) -> str:
    """The arq queue that a worker listens to."""
    return f"bellwether:{worker}"


def pack(job: dict[str, object]) -> bytes:
    """A job as msgpack: unlike pickle it cannot run code in whoever reads it."""
    return bytes(msgpack.packb(job, use_bin_type=True))


def unpack(data: bytes) -> dict[str, object]:
    """The reverse of `pack`."""
    return dict(msgpack.unpackb(data, raw=False))


def patient_pool(redis: RedisAddress) -> ConnectionPool:
    """Connections with which a worker survives a short absence of Redis; whoever asks for them closes them."""
    return redis.pool(
        socket_timeout=HEARING_TIMEOUT_SECONDS,
        socket_connect_timeout=1,
        retry=Retry(ExponentialBackoff(cap=1, base=0.1), 5),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        retry_on_timeout=True,
    )


class Doorbell:
    """Rings workers. Best effort: a ring that is lost costs one tick of the worker, never data."""

    def __init__(self, redis: RedisAddress) -> None:
        """Prepare; the connection is made by the first ring."""
        self._pool = redis.pool(socket_timeout=RING_TIMEOUT_SECONDS, socket_connect_timeout=RING_TIMEOUT_SECONDS)
        self._redis = ArqRedis(self._pool, job_serializer=pack)
        self._heard_from: dict[tuple[str, str, str], float] = {}
        """When the last ring for each job is heard, by the monotonic clock: later than now for one that is put off."""
        self._ringing: set[asyncio.Task[None]] = set()

    def ring(self, workers: Iterable[str], job: str, argument: str = "") -> None:
        """Have each worker run `job(argument)` soon; returns at once.

        The first ring is due at once; what comes within 50 ms of one is one more ring, at their end.
        """
        now = time.monotonic()
        for worker in workers:
            heard_from = self._heard_from.get((worker, job, argument), -RING_APART_SECONDS)
            if heard_from > now:
                continue  # that ring is still to be heard: whoever hears it sees this change as well
            wait = max(0.0, heard_from + RING_APART_SECONDS - now)
            self._heard_from[worker, job, argument] = now + wait
            task = asyncio.create_task(self._enqueue(worker, job, argument, wait))
            self._ringing.add(task)
            task.add_done_callback(self._ringing.discard)

    async def _enqueue(self, worker: str, job: str, argument: str, wait: float) -> None:
        try:
            async with asyncio.timeout(WHOLE_RING_SECONDS):
                # arq counts whole milliseconds, rounded down: heard too early it would miss who relied on it.
                defer_by = wait + CLOCK_STEP_SECONDS if wait else 0.0
                # Each under an id of its own: arq drops a job whose id is running, and that run may have read before
                # our commit.
                await self._redis.enqueue_job(job, argument, _queue_name=queue_name(worker), _defer_by=defer_by)
        except (RedisError, OSError) as error:
            log.warning("doorbell lost", worker=worker, job=job, error=type(error).__name__)

    async def is_reachable(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    async def close(self) -> None:
        """Let rings under way finish, give up those that take too long, then disconnect."""
        ringing = set(self._ringing)
        if ringing:
            _, late = await asyncio.wait(ringing, timeout=RING_TIMEOUT_SECONDS)
            for task in late:  # one left behind would open a new connection after the others are closed
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._pool.aclose()  # a pool that the client did not make is not closed with it
