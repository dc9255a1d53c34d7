"""Doorbell and worker: a ring is heard within a moment, and whatever becomes of Redis costs only a tick."""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis.asyncio import Redis

from local.servers.account import data_home, server_account
from local.servers.programs import find_programs
from local.servers.valkey import ValkeyServer, prepare_valkey
from local.supervisor import Supervisor
from shared.ids import new_id
from shared.queue import Doorbell, queue_name, unpack
from shared.redis_address import RedisAddress
from shared.worker import RING_SECONDS, Coalesced, Job, run_worker
from tests.stage import Stage


async def until(condition: Callable[[], bool], seconds: float = 15) -> float:
    """Wait for `condition`; returns how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not come true in time"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


async def tick_nothing() -> None:
    """A tick that has nothing to do."""


@asynccontextmanager
async def worker(
    name: str, redis_url: str, jobs: dict[str, Job], tick: Callable[[], object] = tick_nothing
) -> AsyncIterator[None]:
    running = asyncio.create_task(run_worker(name, RedisAddress(redis_url), jobs, tick))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)


@pytest.fixture
def redis_url(stage: Stage) -> str:
    return stage.servers.redis_url


async def test_a_ring_is_heard_within_a_second(redis_url: str) -> None:
    heard: list[str] = []
    name = f"worker-{new_id()}"

    async def job(argument: str) -> None:
        heard.append(argument)

    bell = Doorbell(RedisAddress(redis_url))
    async with worker(name, redis_url, {"pull": job}):
        bell.ring([name], "pull", "audit")
        await until(lambda: heard == ["audit"])
        bell.ring([name], "pull", "registry")
        assert await until(lambda: heard == ["audit", "registry"]) < 1
    await bell.close()


async def test_a_failing_job_or_tick_ends_nothing(redis_url: str) -> None:
    heard: list[str] = []
    ticks: list[None] = []
    name = f"worker-{new_id()}"

    async def job(argument: str) -> None:
        heard.append(argument)
        raise ValueError(argument)

    async def tick() -> None:
        ticks.append(None)
        raise ValueError("tick")

    bell = Doorbell(RedisAddress(redis_url))
    async with worker(name, redis_url, {"pull": job}, tick):
        for argument in ("one", "two"):
            bell.ring([name], "pull", argument)
            await until(lambda argument=argument: argument in heard)
        await until(lambda: len(ticks) >= 2)
    await bell.close()


async def test_what_a_worker_is_made_of_is_not_searched_for_garbage_while_it_runs(redis_url: str) -> None:
    before = gc.get_freeze_count()
    async with worker(f"worker-{new_id()}", redis_url, {}):
        await until(lambda: gc.get_freeze_count() > before)
    assert gc.get_freeze_count() <= before


async def test_work_that_overhears_that_it_is_to_end_does_not_keep_the_worker(redis_url: str) -> None:
    """Libraries do so now and then, where a time limit ends at the same moment."""
    deaf: list[str] = []

    async def overhear(what: str) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            deaf.append(what)
            await asyncio.sleep(60)

    async def tick() -> None:
        await overhear("tick")

    name = f"deaf-{new_id()}"
    async with worker(name, redis_url, {"work": overhear}, tick):
        doorbell = Doorbell(RedisAddress(redis_url))
        doorbell.ring([name], "work", "job")
        await asyncio.sleep(1)
        await doorbell.close()
        ended = time.monotonic()
    assert sorted(deaf) == ["job", "tick"]
    assert time.monotonic() - ended < 30


async def test_a_write_rings_the_followers_and_the_own_worker(stage: Stage) -> None:
    heard: list[str] = []

    async def pull(argument: str) -> None:
        heard.append(argument)

    async with worker("scoring", stage.servers.redis_url, {"pull": pull}), stage.machine("registry") as client:
        await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})
        await until(lambda: "registry" in heard)


async def test_the_first_ring_is_heard_at_once_and_those_right_after_it_are_one_more(redis_url: str) -> None:
    name = f"worker-{new_id()}"
    bell = Doorbell(RedisAddress(redis_url))
    for _ in range(5):
        bell.ring([name], "pull", "audit")
    bell.ring([name], "pull", "registry")
    await bell.close()  # which lets them finish
    async with Redis.from_url(redis_url) as client:
        rings = await client.zrange(queue_name(name), 0, -1, withscores=True)
        jobs = await client.mget([f"arq:job:{job_id.decode()}" for job_id, _ in rings])
    put_off = {(unpack(job)["a"][0], round(at - unpack(job)["et"])) for (_, at), job in zip(rings, jobs, strict=True)}
    (wait,) = {wait for _, wait in put_off} - {0}
    assert put_off == {("audit", 0), ("registry", 0), ("audit", wait)}
    assert 40 <= wait <= 52


async def test_while_redis_is_away_ringing_neither_fails_nor_waits() -> None:
    bell = Doorbell(RedisAddress("redis://127.0.0.1:1/0"))
    started = time.monotonic()
    for n in range(100):
        bell.ring(["scoring"], "pull", str(n))
    assert time.monotonic() - started < 0.2
    assert not await bell.is_reachable()
    await bell.close()


async def test_rings_during_a_run_make_one_more_run() -> None:
    runs: list[str] = []
    may_end = asyncio.Event()

    async def job(argument: str) -> None:
        runs.append(argument)
        await may_end.wait()

    coalesced = Coalesced(job)
    rings = [asyncio.create_task(coalesced("registry")) for _ in range(5)]
    await until(lambda: runs == ["registry"])
    may_end.set()
    await asyncio.gather(*rings)
    assert runs == ["registry"] * 2


async def test_a_ring_for_one_source_does_not_wait_for_another_source_that_does_not_answer() -> None:
    runs: list[str] = []
    may_end = asyncio.Event()

    async def job(argument: str) -> None:
        runs.append(argument)
        if argument == "sick":
            await may_end.wait()

    coalesced = Coalesced(job)
    sick = asyncio.create_task(coalesced("sick"))
    await until(lambda: runs == ["sick"])
    async with asyncio.timeout(5):
        await coalesced("sound")
    assert runs == ["sick", "sound"]
    may_end.set()
    await sick


async def test_a_ring_that_was_given_up_while_it_waited_does_not_silence_the_next() -> None:
    runs = 0
    may_end = asyncio.Event()

    async def job(_argument: str) -> None:
        nonlocal runs
        runs += 1
        await may_end.wait()

    coalesced = Coalesced(job)
    long_run = asyncio.create_task(coalesced(""))
    await until(lambda: runs == 1)
    waiting = asyncio.create_task(coalesced(""))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_end.set()
    await long_run
    await coalesced("")
    assert runs == 2


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[tuple[Supervisor, ValkeyServer]]:
    account = server_account()
    home = data_home(tmp_path, account)
    with Supervisor() as supervisor:
        supervisor.remove_at_end(home)
        server = prepare_valkey(home, find_programs(home, account), account, tmp_path / "valkey.log")
        supervisor.start(server.program)
        supervisor.wait_until_ready("valkey")
        yield supervisor, server


async def test_work_that_a_ring_set_off_goes_on_for_longer_than_a_ring_may_last(redis_url: str) -> None:
    heard: list[str] = []
    name = f"worker-{new_id()}"

    async def job(_argument: str) -> None:
        heard.append("begun")
        try:
            await asyncio.sleep(RING_SECONDS + 1)
            heard.append("done")
        except asyncio.CancelledError:
            heard.append("cut off")
            raise

    bell = Doorbell(RedisAddress(redis_url))
    async with worker(name, redis_url, {"work": job}):
        bell.ring([name], "work")
        await until(lambda: "done" in heard)
        bell.ring([name], "work")
        await until(lambda: heard.count("begun") == 2)
    assert heard == ["begun", "done", "begun", "cut off"], "what is going on when the worker ends is ended"
    await bell.close()


async def test_a_worker_survives_the_death_of_valkey_and_ticks_meanwhile(
    own_valkey: tuple[Supervisor, ValkeyServer],
) -> None:
    supervisor, server = own_valkey
    heard: list[str] = []
    ticks: list[float] = []
    may_end = asyncio.Event()

    async def job(argument: str) -> None:
        heard.append(argument)
        if argument == "before":
            await may_end.wait()  # still at work when Valkey dies
            heard.append("done")

    async def tick() -> None:
        ticks.append(time.monotonic())

    bell = Doorbell(RedisAddress(server.url))
    async with worker("own", server.url, {"pull": job}, tick):
        bell.ring(["own"], "pull", "before")
        await until(lambda: "before" in heard)
        victim = psutil.Process(supervisor.pid_of("valkey"))
        victim.kill()
        died = time.monotonic()
        await until(lambda: supervisor.pid_of("valkey") != victim.pid and server.program.is_ready())
        n = 0
        while not any(argument.startswith("after") for argument in heard):
            n += 1
            bell.ring(["own"], "pull", f"after {n}")
            await asyncio.sleep(0.1)
            assert time.monotonic() - died < 30, "the worker hears no rings any more"
        await until(lambda: len([at for at in ticks if at > died]) >= 2)
        may_end.set()
        await until(lambda: "done" in heard)
    await bell.close()


async def test_a_worker_that_ends_while_valkey_says_nothing_leaves_no_connection_open(
    own_valkey: tuple[Supervisor, ValkeyServer],
) -> None:
    supervisor, server = own_valkey
    heard: list[str] = []

    async def job(argument: str) -> None:
        heard.append(argument)

    def connections() -> int:
        held = psutil.Process().net_connections("tcp")
        return sum(1 for each in held if each.raddr and each.raddr.port == urlsplit(server.url).port)

    bell = Doorbell(RedisAddress(server.url))
    silent = psutil.Process(supervisor.pid_of("valkey"))
    async with worker("own", server.url, {"pull": job}):
        bell.ring(["own"], "pull", "before")
        await until(lambda: "before" in heard)
        await bell.close()
        assert connections() > 0
        silent.suspend()
    try:
        assert connections() == 0
    finally:
        silent.resume()
