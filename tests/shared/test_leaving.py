"""An API that is told to stop: not ready any more, nobody is cut off, whoever keeps a connection is told to leave."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count

import httpx
import pytest

from tests.api_processes import ApiProcess, environment_of
from tests.stage import Stage

DRAIN_SECONDS = 1.5


@pytest.fixture
def environment(stage: Stage) -> dict[str, str]:
    """The registry's: it verifies its clients' tokens by itself."""
    return environment_of(stage, "registry", DRAIN_SECONDS=str(DRAIN_SECONDS))


@pytest.fixture
def api(environment: dict[str, str]) -> Iterator[ApiProcess]:
    with ApiProcess("registry", environment) as process:
        assert process.ready()["status"] == "ready"
        yield process


@pytest.fixture
async def client(stage: Stage, api: ApiProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Keeps its connections, as every good client does."""
    async with stage.machine("registry") as known:
        authorization = {"Authorization": known.headers["Authorization"]}
    async with httpx.AsyncClient(base_url=api.url, headers=authorization, trust_env=False, timeout=60) as caller:
        yield caller


async def test_it_is_not_ready_at_once_answers_on_until_the_time_is_over_and_cuts_nobody_off(
    api: ApiProcess, client: httpx.AsyncClient
) -> None:
    assert "connection" not in (await client.get("/v1/suppliers")).headers
    waiting = asyncio.create_task(client.get("/v1/feed", params={"wait": 25}))
    await asyncio.sleep(0.3)
    api.ask_to_stop()
    told = await until_leaving(client)
    assert told.json() == {"status": "leaving", "database": True, "migrations": True, "redis": True}
    answer = await client.get("/v1/suppliers")  # a new connection: the one before was closed after its answer
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    news = await waiting
    assert (news.status_code, news.json()["events"]) == (200, [])
    assert await asyncio.to_thread(api.ended) == -15
    with pytest.raises(httpx.ConnectError):
        await client.get("/v1/suppliers")


async def until_leaving(client: httpx.AsyncClient) -> httpx.Response:
    deadline = time.monotonic() + 5
    while (answer := await client.get("/readyz")).status_code != 503:
        assert time.monotonic() < deadline
    return answer


async def test_a_second_signal_has_no_patience(environment: dict[str, str]) -> None:
    with ApiProcess("registry", {**environment, "DRAIN_SECONDS": "300"}) as api:
        api.ready()
        api.ask_to_stop()
        await asyncio.sleep(0.2)
        api.ask_to_stop()
        assert await asyncio.to_thread(api.ended) == -15


class Balancer:
    """Passes on to whoever is ready, looking often, and to another where a connection is refused: as doors do."""

    def __init__(self, client: httpx.AsyncClient, processes: list[ApiProcess]) -> None:
        self._client, self.processes = client, processes
        self.ready: list[ApiProcess] = []
        self.answered = self.refused = 0

    async def look(self) -> None:
        while True:
            self.ready = [each for each in list(self.processes) if await self._is_ready(each)]
            await asyncio.sleep(0.1)

    async def _is_ready(self, process: ApiProcess) -> bool:
        try:
            return (await self._client.get(f"{process.url}/readyz")).status_code == 200
        except httpx.ConnectError:
            return False

    async def send(self, number: int) -> httpx.Response:
        while True:
            for process in self.ready[number % max(1, len(self.ready)) :] + self.ready:
                try:
                    body = {"code": f"S{number}", "name": f"Number {number}"}
                    return await self._client.post(f"{process.url}/v1/suppliers", json=body)
                except httpx.ConnectError:
                    self.refused += 1
            await asyncio.sleep(0.01)


async def test_replicas_that_are_replaced_one_by_one_under_load_fail_not_one_request(
    environment: dict[str, str], stage: Stage, api: ApiProcess, client: httpx.AsyncClient
) -> None:
    balancer = Balancer(client, [api])
    looking = asyncio.create_task(balancer.look())
    numbers, stop = count(), asyncio.Event()
    statuses: list[int] = []

    async def send_all() -> None:
        while not stop.is_set():
            statuses.append((await balancer.send(next(numbers))).status_code)

    senders = [asyncio.create_task(send_all()) for _ in range(4)]
    with ApiProcess("registry", environment) as second:
        await asyncio.to_thread(second.ready)
        balancer.processes.append(second)
        await asyncio.sleep(0.5)
        api.ask_to_stop()
        assert await asyncio.to_thread(api.ended) == -15
        before = len(statuses)
        while len(statuses) < before + 20:  # noqa: ASYNC110  # they go on by themselves
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*senders)
        looking.cancel()
        assert before > 20
        assert set(statuses) == {201}
        assert balancer.refused == 0
        async with stage.machine("registry") as known:
            found = [each async for each in all_codes(known)]
        assert len(found) == len(statuses) == len(set(found))


async def all_codes(client: httpx.AsyncClient) -> AsyncIterator[str]:
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/suppliers", params={"limit": 200, **cursor})).json()
        for supplier in page["items"]:
            yield supplier["code"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}
