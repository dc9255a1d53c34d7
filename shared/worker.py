"""A worker process: listens to its doorbell, and looks by itself every second or two whether something is due."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from weakref import WeakValueDictionary

import structlog
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError

from shared import queue
from shared.redis_address import RedisAddress

TICK_SECONDS = 1.5
RING_SECONDS = 5
LONGEST_PAUSE_SECONDS = 5.0
CANCELLED_AGAIN_SECONDS = 1.0

Job = Callable[[str], Awaitable[None]]
"""What a ring sets off; the argument says which source has news, or is empty."""

log = structlog.get_logger()


class Coalesced:
    """Runs a job at most once at a time for each argument; rings that come meanwhile make one more run together.

    The second run matters: what rang may have been committed after the first had looked. Arguments do not wait for each
    other: a source that does not answer holds up no other.
    """

    def __init__(self, job: Job) -> None:
        """Wrap `job`."""
        self._job = job
        self._running: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._waiting: set[str] = set()

    async def __call__(self, argument: str) -> None:
        """Run now, or after the run under way; nothing where another ring already waits for that."""
        if argument in self._waiting:
            return
        # Forgotten with the last that holds it, since anybody may ring with anything.
        running = self._running.setdefault(argument, asyncio.Lock())
        self._waiting.add(argument)
        try:
            await running.acquire()
        finally:
            # Also where the wait is cancelled: else every later ring would think that another one waits.
            self._waiting.discard(argument)
        try:
            await self._job(argument)
        finally:
            running.release()


class Rung:
    """The work that rings have set off. It goes on by itself: arq would cut it off after so many seconds."""

    def __init__(self) -> None:
        self._working: set[asyncio.Task[None]] = set()

    def by(self, job: Job) -> WorkerCoroutine:
        """What arq is to run where `job` is rung for: it hears the ring, and does not wait for the work."""

        async def run(ctx: dict[Any, Any], *arguments: Any, **_: Any) -> None:  # noqa: ARG001  # the names are arq's
            working = asyncio.create_task(_work(job, str(arguments[0])))
            self._working.add(working)
            working.add_done_callback(self._working.discard)

        return run

    async def end(self) -> None:
        """Cancel what is still going on, and return when it has ended."""
        await _end(self._working)


async def _work(job: Job, argument: str) -> None:
    try:
        await job(argument)
    except Exception:
        # The tick does it again.
        log.exception("rung job failed", argument=argument)


async def run_worker(
    name: str, redis: RedisAddress, jobs: Mapping[str, Job], tick: Callable[[], Awaitable[None]]
) -> None:
    """Serve the rings of `name` and tick, until SIGTERM or SIGINT; survives the absence of Redis and PostgreSQL.

    The tick does not go through Redis: while Redis is away, news take a tick longer and nothing else changes.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    rung = Rung()
    ticking = asyncio.create_task(_tick_forever(tick))
    listening = asyncio.create_task(_listen_forever(name, redis, {job: rung.by(jobs[job]) for job in jobs}))
    log.info("worker started", worker=name)
    # All that the process is made of stays to its end. To search it for garbage again and again, as every few thousand
    # new objects would have it, cost a third of an import's time.
    gc.freeze()
    try:
        await stop.wait()
    finally:
        gc.unfreeze()
        await _end({ticking, listening})
        await rung.end()
        log.info("worker stopped", worker=name)


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel them until they have ended: whatever runs in them may overhear it the first time."""
    pending = set(tasks)
    while pending:
        for each in pending:
            each.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCELLED_AGAIN_SECONDS)


async def _tick_forever(tick: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await tick()
        except Exception:
            log.exception("tick failed")
        await asyncio.sleep(TICK_SECONDS)


async def _listen_forever(name: str, redis: RedisAddress, jobs: Mapping[str, WorkerCoroutine]) -> None:
    """Keep an arq worker going; it ends itself on every hiccup of Redis."""
    pause = 0.1
    while True:
        # A pool of our own: one that arq makes is lost to us where the worker is stopped while it connects.
        pool = queue.patient_pool(redis)
        worker = Worker(
            [func(hear, name=job_name, max_tries=1) for job_name, hear in jobs.items()],
            queue_name=queue.queue_name(name),
            redis_pool=ArqRedis(pool, job_serializer=queue.pack, default_queue_name=queue.queue_name(name)),
            handle_signals=False,
            max_jobs=8,
            job_timeout=RING_SECONDS,
            keep_result=0,
            poll_delay=0.05,
            queue_read_limit=500,
            health_check_interval=10,
            log_results=False,
            job_serializer=queue.pack,
            job_deserializer=queue.unpack,
        )
        started = asyncio.get_running_loop().time()
        try:
            await worker.async_run()
        except (RedisError, OSError) as error:
            log.warning("doorbell out of reach", worker=name, error=type(error).__name__)
        finally:
            await _close(worker, pool)
        if asyncio.get_running_loop().time() - started > LONGEST_PAUSE_SECONDS:
            pause = 0.1
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _close(worker: Worker, pool: ConnectionPool) -> None:
    """Close the worker and its connections, whatever becomes of the rings that it cancels for that.

    As a task of its own: a cancelled ring must not look as if whoever listens were cancelled, who would then go deaf.
    """
    closing = asyncio.create_task(worker.close())
    try:
        await asyncio.wait({closing})
    finally:
        # Also where nobody waits for it any longer, as with a Redis that says nothing.
        closing.cancel()
        await asyncio.wait({closing})
        if closing.cancelled() or closing.exception() is not None:
            log.debug("worker's connection was gone before it was closed")
        with contextlib.suppress(RedisError, OSError):
            await pool.aclose()
