"""Requests as fast as they are answered, over a few connections that stay open."""

import asyncio
import itertools
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import uvloop

CONNECTIONS = 16
LENGTH = b"content-length:"


class Caller(asyncio.Protocol):
    """One connection: sends the next request as soon as the last one is answered."""

    def __init__(self, requests: "itertools.cycle[bytes] | Iterable[bytes]", until: float, expected: bytes) -> None:
        """`expected` is the status line's number; any other ends the measurement."""
        self._requests = iter(requests)
        self._until = until
        self._expected = expected
        self._buffer = b""
        self.answered = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _length_of(head):
            return
        if head[9:12] != self._expected:
            self._end(RuntimeError((head + b"\n\n" + rest).decode(errors="replace")))
            return
        self._buffer = b""
        self.answered += 1
        if time.perf_counter() < self._until:
            self._send()
        else:
            self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or RuntimeError("the server closed the connection"))

    def _send(self) -> None:
        self._transport.write(next(self._requests))

    def _end(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        self._transport.close()


def _length_of(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(LENGTH)
    return 0 if at < 0 else int(lowered[at + len(LENGTH) :].split(b"\r\n", 1)[0])


def per_second(
    url: str, requests: Iterable[bytes], seconds: float, *, status: int = 200, connections: int = CONNECTIONS
) -> float:
    """Answers with `status` per second; RuntimeError for any other."""
    return uvloop.run(_per_second(url, requests, seconds, str(status).encode(), connections))


async def _per_second(url: str, requests: Iterable[bytes], seconds: float, status: bytes, connections: int) -> float:
    parts = urlsplit(url)
    each_its_own = iter(requests)
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    callers = [
        (
            await loop.create_connection(
                lambda: Caller(each_its_own, began + seconds, status), parts.hostname or "", parts.port or 80
            )
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(caller.done for _, caller in callers))
    return sum(caller.answered for _, caller in callers) / (time.perf_counter() - began)


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
