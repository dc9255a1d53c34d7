"""Slow, cut and half-open connections to Valkey: writes do not wait for it, and rings are heard again afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from services.registry.main import create_app
from shared import queue, worker
from shared.ids import new_id
from shared.redis_address import RedisAddress
from tests.faults.extent import ROUNDS, seeded
from tests.faults.proxy import Fault, FaultProxy
from tests.stage import Stage, serving
from tests.tried import Tried

LONGEST_WRITE = 3.0
HEARD_AGAIN = 30.0
FAULTS = {
    "slow": Fault(delay=0.05),
    "reset": Fault(cut_answer_after=20),
    "never answered": Fault(silent=True),
    "refused": Fault(refuse=True),
}


@pytest.fixture
async def proxy(stage: Stage) -> AsyncIterator[FaultProxy]:
    async with FaultProxy.before(stage.servers.redis_url) as before_valkey:
        yield before_valkey


@asynccontextmanager
async def registry_by_way_of(stage: Stage, proxy: FaultProxy) -> AsyncIterator[httpx.AsyncClient]:
    # Limits are on: every request asks Valkey.
    settings = stage.settings("registry", redis_url=proxy.url_of(stage.servers.redis_url), rate_limit_requests=100_000)
    async with stage.machine("registry") as known:
        headers = {"Authorization": known.headers["authorization"]}
    async with serving(create_app(settings, transport=stage.transport), **headers) as client:
        yield client


@asynccontextmanager
async def listening(stage: Stage, proxy: FaultProxy, name: str, heard: list[str]) -> AsyncIterator[None]:
    """A worker's ear by way of the proxy."""

    async def hear(argument: str) -> None:
        heard.append(argument)

    rung = worker.Rung()
    ear = asyncio.create_task(
        worker._listen_forever(name, RedisAddress(proxy.url_of(stage.servers.redis_url)), {"pull": rung.by(hear)})
    )
    try:
        yield
    finally:
        ear.cancel()
        with suppress(asyncio.CancelledError):
            await ear
        await rung.end()


@pytest.mark.parametrize("name", FAULTS)
async def test_no_write_waits_long_for_valkey_and_none_fails(
    stage: Stage, proxy: FaultProxy, name: str, tried: Tried
) -> None:
    writes = met = 0
    order = seeded(name)
    async with registry_by_way_of(stage, proxy) as client:
        for _ in range(ROUNDS):
            for fault in order.sample([FAULTS[name], Fault()], k=2):
                proxy.suffer(fault)
                for _ in range(6):
                    started = time.monotonic()
                    answer = await client.post("/v1/suppliers", json={"code": f"S{writes}", "name": "One"})
                    assert time.monotonic() - started < LONGEST_WRITE
                    assert answer.status_code == 201, answer.text
                    writes += 1
                # A ring that is not taken is given up by itself, a moment after the write.
                ringing = client._transport.app.state.resources.doorbell  # type: ignore[attr-defined]
                async with asyncio.timeout(queue.WHOLE_RING_SECONDS + 1):
                    while ringing._ringing:
                        await asyncio.wait(ringing._ringing)
                met += proxy.met
    assert met
    assert len(await stage.psql("registry", "SELECT code FROM supplier")) == writes
    tried(f"network to Valkey: {name}", operations=1, requests=writes, attacks=met)


@asynccontextmanager
async def doorbell(stage: Stage) -> AsyncIterator[queue.Doorbell]:
    bell = queue.Doorbell(RedisAddress(stage.servers.redis_url))
    try:
        yield bell
    finally:
        await bell.close()


@pytest.mark.parametrize("name", FAULTS)
async def test_a_worker_hears_rings_again_once_the_way_to_valkey_is_well(
    stage: Stage, proxy: FaultProxy, name: str, tried: Tried
) -> None:
    heard: list[str] = []
    to = f"worker-{new_id()}"
    async with doorbell(stage) as bell, listening(stage, proxy, to, heard):
        for round_ in range(ROUNDS):
            await until_heard(bell, to, heard, f"before {round_}")
            proxy.suffer(FAULTS[name])
            async with asyncio.timeout(HEARD_AGAIN):
                while not proxy.met:  # noqa: ASYNC110  # the proxy only counts
                    await asyncio.sleep(0.02)
            met = proxy.met
            proxy.heal()
            await until_heard(bell, to, heard, f"after {round_}")
            tried(f"a worker's network to Valkey: {name}", operations=1, attacks=met)


async def until_heard(bell: queue.Doorbell, to: str, heard: list[str], argument: str) -> None:
    async with asyncio.timeout(HEARD_AGAIN):
        while argument not in heard:
            bell.ring([to], "pull", argument)
            await asyncio.sleep(0.1)
