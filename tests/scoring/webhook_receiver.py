"""A receiver of webhooks, a real HTTP server that answers as it is told; and the stage's webhooks served in process."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx

from services.scoring.clients import WebhookClient
from services.scoring.service.webhook.delivering import Deliverer
from services.scoring.service.webhook.fan_out import PACE, Pace
from shared import feed
from shared.feed import NewEvent
from shared.ids import new_id
from tests.stage import Stage

LOCAL = (ip_network("127.0.0.0/8"),)


@dataclass
class Reply:
    """How to answer: `hang` not at all; `drip` a byte of the content now and then, for ever."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    hang: bool = False
    drip: bool = False
    drip_head: bool = False


@dataclass
class Taken:
    """A request as it came."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass
class Receiver:
    """Keeps what comes; `replies` are given, one each, before it takes everything with 204."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    on_taken: Callable[[], None] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, then close."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.taken.append(Taken(head[0].split(" ")[1], headers, body))
            reply = self.replies.pop(0) if self.replies else Reply()
            if self.on_taken is not None:
                self.on_taken()
            await self._answer(reply, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _answer(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reply.hang:
            await reader.read()
            return
        if reply.drip_head:
            await self._drip(writer, b"HTTP/1.1 200 x\r\nX-Slow: ")
            return
        length = {} if reply.drip or reply.status == 204 else {"Content-Length": str(len(reply.content))}
        lines = [f"{name}: {value}" for name, value in {**length, "Connection": "close", **reply.headers}.items()]
        writer.write("\r\n".join([f"HTTP/1.1 {reply.status} x", *lines, "", ""]).encode() + reply.content)
        await writer.drain()
        if reply.drip:
            await self._drip(writer, b"")

    async def _drip(self, writer: asyncio.StreamWriter, start: bytes) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)


@asynccontextmanager
async def receiver(
    tls: ssl.SSLContext | None = None, name: str = "127.0.0.1", host: str = "127.0.0.1"
) -> AsyncIterator[Receiver]:
    """A receiver at `host` for the length of a block; `url` calls it by `name`."""
    running = Receiver()
    server = await asyncio.start_server(running.serve, host, 0, ssl=tls)
    running.url = f"{'https' if tls else 'http'}://{name}:{server.sockets[0].getsockname()[1]}/hooks?token=t"
    try:
        yield running
    finally:
        server.close()


class Post:
    """The stage's webhooks, as those who keep them and the worker that serves them see them."""

    def __init__(self, stage: Stage, client: httpx.AsyncClient) -> None:
        self.stage = stage
        self.client = client

    async def create(self, url: str, *events: str) -> tuple[str, str]:
        """A webhook's path and its secret."""
        answer = await self.client.post("/v1/webhooks", json={"url": url, "events": list(events) or ["score.changed"]})
        assert answer.status_code == 201, answer.text
        return answer.headers["location"], answer.json()["secret"]

    async def happen(self, *types: str, **state: Any) -> list[UUID]:
        """Changes of these types in the feed, each of another resource; returns the resources' ids."""
        ids = [new_id() for _ in types]
        events = [
            NewEvent(each, resource_id, 1, {"supplier_code": "S1", **state})
            for each, resource_id in zip(types, ids, strict=True)
        ]
        async with self.stage.resources("scoring").database.transaction() as session:
            await feed.append(session, events, datetime.now(UTC))
        return ids

    async def serve(self, pace: Pace = PACE, **changes: Any) -> None:
        """Do what the worker would do now; `changes` are to its settings."""
        resources = self.stage.resources("scoring")
        resources = replace(resources, settings=resources.settings.model_copy(update=changes))
        deliverer = Deliverer(resources, WebhookClient(LOCAL), pace)
        await deliverer.tick()
        await deliverer.wait_for_lanes()

    async def state(self, path: str) -> dict[str, Any]:
        """The webhook now."""
        state: dict[str, Any] = (await self.client.get(path)).json()
        return state

    async def log(self, path: str, **filters: str) -> Sequence[dict[str, Any]]:
        """The webhook's deliveries, the oldest first."""
        answer = await self.client.get(f"{path}/deliveries", params=filters)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items[::-1]

    async def act(self, path: str, step: str, body: Any = None) -> httpx.Response:
        """A step that needs the current version."""
        etag = (await self.client.get(path)).headers["etag"]
        return await self.client.post(f"{path}/{step}", json=body, headers={"If-Match": etag})

    async def let_time_pass(self) -> None:
        """All waiting, resting and leasing is over."""
        await self.stage.psql("scoring", "UPDATE webhook_delivery SET next_attempt_at = now() WHERE status = 'pending'")
        await self.stage.psql("scoring", "UPDATE webhook SET resting_until = NULL")
