"""A company's proxy: the only one that can resolve names outside, and where they lead everywhere to one server."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.shared.tls_front import pass_on


@dataclass(slots=True)
class World:
    """A server outside and the proxy that leads to it."""

    port: int = 0
    """Of the server itself, for whoever needs no proxy."""
    proxy_port: int = 0
    asked_for: list[str] = field(default_factory=list)
    """What the proxy was asked to connect to."""
    login: str = ""
    """What it was told of whoever asks."""
    served: list[tuple[str, str]] = field(default_factory=list)
    """The hosts and paths that the server outside was asked for."""
    answers: dict[str, str] = field(default_factory=dict)
    """What the server says to a path: JSON."""
    refused: frozenset[str] = frozenset()
    """Hosts to which the proxy lets nobody."""

    @property
    def proxy(self) -> str:
        """The setting."""
        return f"http://user:pass%20word@127.0.0.1:{self.proxy_port}"


async def read_head(reader: asyncio.StreamReader) -> tuple[list[str], dict[str, str]]:
    """The request line's words and the headers."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return lines[0].split(), {name.lower(): value for name, value in headers.items()}


@asynccontextmanager
async def world_behind_a_proxy(tls: ssl.SSLContext) -> AsyncIterator[World]:
    """Both, for the length of a block."""
    world = World()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                words, headers = await read_head(reader)
                await reader.readexactly(int(headers.get("content-length", "0")))
                world.served.append((headers["host"], words[1]))
                body = world.answers.get(words[1].partition("?")[0], "{}").encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
        writer.close()

    outside = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    world.port = port = outside.sockets[0].getsockname()[1]

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            words, headers = await read_head(reader)
            world.asked_for.append(" ".join(words[:2]))
            world.login = headers.get("proxy-authorization", "")
            if words[0] != "CONNECT" or words[1].rpartition(":")[0] in world.refused:
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            else:
                behind = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                await asyncio.gather(pass_on(reader, behind[1]), pass_on(behind[0], writer))
        writer.close()

    proxy = await asyncio.start_server(connect, "127.0.0.1", 0)
    world.proxy_port = proxy.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        proxy.close()
        outside.close()
        await asyncio.sleep(0.05)
