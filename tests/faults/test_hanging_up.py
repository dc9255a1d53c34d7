"""A thousand clients that hang up in the middle of a request or an answer leave nothing behind."""

import asyncio
import contextlib
import gc
import json
import socket
import struct
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest

from tests.faults.extent import ROUNDS, SHORT, seeded
from tests.stage import Stage, over_http
from tests.tried import Tried

AT_ONCE = 50
CLIENTS = AT_ONCE if SHORT else 1000
MEMORY_GROWTH = 40 * 1024 * 1024


@pytest.fixture
async def registry(stage: Stage) -> AsyncIterator[str]:
    async with over_http(stage, "registry") as url:
        yield url


class Caller:
    """Writes raw requests, and goes away behind any byte of them or of their answers."""

    def __init__(self, url: str, authorization: str) -> None:
        self._host, port = url.removeprefix("http://").split(":")
        self._port = int(port)
        self._authorization = authorization

    def post(self, code: str) -> bytes:
        body = json.dumps({"code": code, "name": "One", "aliases": [f"{code} {n}" for n in range(3)]}).encode()
        head = (
            f"POST /v1/suppliers HTTP/1.1\r\nHost: registry\r\nAuthorization: {self._authorization}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {code}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: registry\r\nAuthorization: {self._authorization}\r\n\r\n".encode()

    async def hang_up(self, request: bytes, *, sent: int, read: int, is_rude: bool) -> None:
        """After so many bytes of the request and of the answer; with a reset where it `is_rude`."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        with contextlib.suppress(OSError):
            writer.write(request[:sent])
            await writer.drain()
            if read:
                await reader.read(read)
            if is_rude:
                held = writer.get_extra_info("socket")
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()
                await writer.wait_closed()


async def test_clients_that_hang_up_leak_nothing_and_leave_no_half_of_a_write(
    stage: Stage, registry: str, tried: Tried
) -> None:
    chance = seeded("hanging up")
    async with stage.machine("registry") as known:
        authorization = known.headers["authorization"]
    caller = Caller(registry, authorization)
    pool = stage.resources("registry").database.engine.pool
    process = psutil.Process()
    memory = connections = 0

    async def one(number: int, code: str) -> None:
        kind = chance.choice(["in the request", "in the answer", "before the answer", "in a list", "while it waits"])
        request = caller.post(code)
        sent, read = len(request), 0
        if kind == "in the request":
            sent = chance.randrange(len(request))
        elif kind == "in the answer":
            read = chance.randrange(1, 400)
        elif kind == "in a list":
            request = caller.get("/v1/suppliers?limit=50")
            sent, read = len(request), chance.randrange(1, 20_000)
        elif kind == "while it waits":
            request = caller.get("/v1/feed?after=0&limit=1" if number % 2 else "/v1/feed?after=999999&wait=1")
            sent = len(request)
        await caller.hang_up(request, sent=sent, read=read, is_rude=chance.random() < 0.5)

    for round_ in range(ROUNDS + 1):
        for start in range(0, CLIENTS, AT_ONCE):
            numbers = range(start, start + AT_ONCE)
            await asyncio.gather(*(one(number, f"R{round_}-{number}") for number in numbers))
        async with asyncio.timeout(30):
            while pool.checkedout():  # noqa: ASYNC110  # those that nobody waits for any more
                await asyncio.sleep(0.05)
        gc.collect()
        if round_ == 0:
            # The first thousand fill caches; the next must add nothing.
            memory, connections = process.memory_info().rss, await backends(stage)
    async with httpx.AsyncClient(base_url=registry, headers={"Authorization": authorization}) as client:
        answers = await asyncio.gather(*(client.get("/v1/suppliers", params={"limit": 5}) for _ in range(30)))
        assert {answer.status_code for answer in answers} == {200}
        made = await client.post("/v1/suppliers", json={"code": "LAST", "name": "Last"})
        assert made.status_code == 201
    assert await backends(stage) <= max(connections, pool.size())
    grown = process.memory_info().rss - memory
    assert grown < MEMORY_GROWTH * ROUNDS, f"{grown / 1024 / 1024:.0f} MiB"
    await no_half_writes(stage)
    tried("clients that hang up", operations=1, requests=CLIENTS * (ROUNDS + 1), attacks=CLIENTS * (ROUNDS + 1))


async def backends(stage: Stage) -> int:
    (row,) = await stage.psql(
        "registry", "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'registry'"
    )
    return int(row["n"])


async def no_half_writes(stage: Stage) -> None:
    """Each supplier has its aliases, its event, its entry in the audit log and its kept answer, or is not there."""
    (counts,) = await stage.psql(
        "registry",
        "SELECT count(*) AS suppliers, (SELECT count(*) FROM feed_event) AS events,"
        " (SELECT count(*) FROM audit_log) AS entries, (SELECT count(*) FROM idempotency_key) AS answers FROM supplier",
    )
    assert counts["suppliers"] == counts["events"] == counts["entries"] == counts["answers"] + 1
    stuck = await stage.psql(
        "registry",
        "SELECT pid, query FROM pg_stat_activity WHERE application_name = 'registry' AND state LIKE 'idle in%'",
    )
    assert stuck == []
