"""Redis behind sentinels: everything that talks to it finds the primary, and the next one after it has died."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis

from local.ports import free_port
from local.servers.programs import find_programs
from shared.ids import new_id
from shared.queue import Doorbell
from shared.settings import Settings
from shared.web.rate_limits import Limiter
from shared.worker import run_worker
from tests.stage import Stage

PASSWORD, SENTINEL_PASSWORD = "of the primary", "of the sentinels"
PRIMARY = "bellwether-redis"
PATIENCE_SECONDS = 40.0
SERVER = """\
bind 127.0.0.1
port {port}
dir "{folder}"
requirepass "{password}"
save ""
"""


class Sentinels:
    """A primary, its replica and three sentinels, as real processes."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder, self._opened = folder, opened
        self._program = find_programs(folder, None).valkey
        self.primary, self.replica = free_port(), free_port()
        own = f'primaryauth "{PASSWORD}"\nrepl-diskless-sync-delay 0\n'
        self.primary_process = self._start("primary", self.primary, PASSWORD, own)
        self._start("replica", self.replica, PASSWORD, f"{own}replicaof 127.0.0.1 {self.primary}\n")
        watching = (
            f"sentinel monitor {PRIMARY} 127.0.0.1 {self.primary} 2\n"
            f'sentinel auth-pass {PRIMARY} "{PASSWORD}"\n'
            f"sentinel down-after-milliseconds {PRIMARY} 1000\n"
            f"sentinel failover-timeout {PRIMARY} 3000\n"
            f'sentinel sentinel-pass "{SENTINEL_PASSWORD}"\n'
        )
        self.ports = [free_port() for _ in range(3)]
        for number, port in enumerate(self.ports):
            self._start(f"sentinel-{number}", port, SENTINEL_PASSWORD, watching, "--sentinel")

    async def until_they_know_each_other(self) -> None:
        """Until then they cannot agree on anything, nor on whom to make the primary."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for port in self.ports:
            async with Redis(host="127.0.0.1", port=port, password=SENTINEL_PASSWORD) as sentinel:
                while (known := await sentinel.sentinel_master(PRIMARY))["num-slaves"] < 1 or (
                    known["num-other-sentinels"] < len(self.ports) - 1
                ):
                    assert time.monotonic() < deadline, known
                    await asyncio.sleep(0.1)

    def _start(self, name: str, port: int, password: str, more: str, *options: str) -> "subprocess.Popen[bytes]":
        folder = self._folder / name
        folder.mkdir()
        configuration = folder / "valkey.conf"
        configuration.write_text(SERVER.format(port=port, folder=folder, password=password) + more, encoding="utf-8")
        process = subprocess.Popen(
            [str(self._program), str(configuration), *options], stdout=subprocess.DEVNULL, env={"PATH": os.defpath}
        )
        self._opened.callback(process.wait)
        self._opened.callback(process.kill)
        return process


@pytest.fixture
def sentinels(tmp_path: Path) -> Iterator[Sentinels]:
    with ExitStack() as opened:
        yield Sentinels(tmp_path, opened)


@pytest.fixture
def settings(stage: Stage, sentinels: Sentinels) -> Settings:
    """As an operator gives them: the first sentinel named is one that is away."""
    told: Settings = stage.settings(
        "audit",
        redis_url=f"redis://:{PASSWORD.replace(' ', '%20')}@anywhere/0",
        redis_sentinels=",".join(f"127.0.0.1:{port}" for port in (free_port(), *sentinels.ports)),
        redis_primary=PRIMARY,
        redis_sentinel_password=SENTINEL_PASSWORD,
        rate_limit_requests=1000,
    )
    return told


@pytest.fixture
async def heard(settings: Settings) -> AsyncIterator[list[str]]:
    """What a worker that listens there has heard."""
    found: list[str] = []

    async def job(argument: str) -> None:
        found.append(argument)

    async def tick() -> None:
        """Has nothing to do."""

    working = asyncio.create_task(run_worker("sentinels", settings.redis, {"pull": job}, tick))
    yield found
    working.cancel()
    await asyncio.wait({working})


async def ring_until_heard(bell: Doorbell, heard: list[str]) -> None:
    word = str(new_id())
    deadline = time.monotonic() + PATIENCE_SECONDS
    number = 0
    while not any(each.startswith(word) for each in heard):
        assert time.monotonic() < deadline, "no ring is heard"
        number += 1
        bell.ring(["sentinels"], "pull", f"{word} {number}")
        await asyncio.sleep(0.1)


async def count_until_counted(limiter: Limiter) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while await limiter.count(limiter.requests, str(new_id())) is None:
        assert time.monotonic() < deadline, "nothing is counted"
        await asyncio.sleep(0.1)


async def test_rings_and_limits_go_to_the_primary_and_after_its_death_to_the_next(
    sentinels: Sentinels, settings: Settings, heard: list[str]
) -> None:
    bell, limiter = Doorbell(settings.redis), Limiter(settings)
    try:
        await ring_until_heard(bell, heard)
        await count_until_counted(limiter)
        assert await bell.is_reachable()
        assert await primary_of(settings) == sentinels.primary

        await sentinels.until_they_know_each_other()
        sentinels.primary_process.kill()
        await ring_until_heard(bell, heard)
        await count_until_counted(limiter)
        assert await bell.is_reachable()
        assert await primary_of(settings) == sentinels.replica
    finally:
        await bell.close()
        await limiter.close()


async def primary_of(settings: Settings) -> int:
    pool = settings.redis.pool()
    try:
        return int((await pool.get_master_address())[1])
    finally:
        await pool.aclose()
