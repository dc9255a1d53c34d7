"""A receiver that stands for WeCom, a real HTTP server that answers as it is told; and posting to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from services.engagement import tasks
from shared.tasks import run_due
from tests.stage import Stage

OK = (200, b'{"errcode":0,"errmsg":"ok"}')
HANG = None
"""As an answer: none at all."""

Answer = tuple[int, bytes] | None


def says(errcode: int, errmsg: str = "") -> Answer:
    """WeCom's answer with an error code."""
    return 200, json.dumps({"errcode": errcode, "errmsg": errmsg}).encode()


@dataclass
class Receiver:
    """Keeps what it is told as (key, body); `answers` are given, one each, before it takes what comes."""

    url: str = ""
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    on_taken: Callable[[], None] | None = None

    def contents(self) -> list[str]:
        """What was said, in order."""
        return [body[body["msgtype"]]["content"] for _, body in self.taken]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, then close."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split("\r\n")[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked.append(f"{method} {target}")
        answer = self.answers.pop(0) if self.answers else OK
        if answer is HANG:
            # Until the other side has gone.
            await reader.read()
        else:
            status, content = answer
            if answer == OK:
                assert (method, urlsplit(target).path) == ("POST", "/cgi-bin/webhook/send")
                assert headers["content-type"] == "application/json"
                self.taken.append((parse_qs(urlsplit(target).query)["key"][0], json.loads(body)))
            if self.on_taken is not None:
                self.on_taken()
            location = f"Location: {self.url}/elsewhere\r\n" if status in range(300, 400) else ""
            lines = f"HTTP/1.1 {status} x\r\n{location}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
            writer.write(lines.encode() + content)
        writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver for the length of a block, with its address in `url`."""
    running = Receiver()
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()
        await server.wait_closed()


async def work(stage: Stage, wecom_url: str, **changes: Any) -> None:
    """What the engagement worker does of tasks that are due, with WeCom there; `changes` are to its settings."""
    resources = stage.resources("engagement")
    resources = replace(resources, settings=resources.settings.model_copy(update={"wecom_url": wecom_url, **changes}))
    await run_due(resources.database, tasks.handlers(resources), tasks.GIVE_UP)


async def try_again_now(stage: Stage) -> None:
    await stage.psql("engagement", "UPDATE task SET next_attempt_at = now() WHERE status = 'queued'")


async def minutes_pass(stage: Stage) -> None:
    """Let the robot's last messages lie a minute further back."""
    moved = "ARRAY(SELECT sent - interval '70 seconds' FROM unnest(sent_times) AS sent)"
    await stage.psql("engagement", f"UPDATE chat_group SET sent_times = {moved}")
    await try_again_now(stage)


async def post(client: httpx.AsyncClient, group: dict[str, Any], content: str, format: str = "text") -> str:  # noqa: A002
    answer = await client.post(f"/v1/groups/{group['id']}/messages", json={"content": content, "format": format})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def state(client: httpx.AsyncClient, url: str) -> tuple[str, int, str | None]:
    message = (await client.get(url)).json()
    return message["status"], message["parts_sent"], message["last_error"]
