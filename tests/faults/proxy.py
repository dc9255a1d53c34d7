"""A TCP proxy that does to connections what networks do: delays, trickles, cuts, ends early, falls silent, refuses."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65536
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the bytes that pass; counted from when the fault began, on each connection."""

    delay: float = 0.0
    """Seconds that each piece is held back."""
    drip: float = 0.0
    """Seconds after each byte of an answer."""
    cut_question_after: int | None = None
    """The connection is reset behind so many bytes of questions."""
    cut_answer_after: int | None = None
    """The connection is reset behind so many bytes of answers."""
    end_answer_after: int | None = None
    """The connection ends in good order behind so many bytes of answers."""
    silent: bool = False
    """Connections are taken and bytes too, and nothing ever comes: the peer is gone without a word."""
    refuse: bool = False
    """New connections are reset at once, open ones with the next question."""


HEALTHY = Fault()


@dataclass(eq=False)
class FaultProxy:
    """Stands before one server; whoever uses `url_of` instead of the server's own address goes through it."""

    host: str
    port: int
    fault: Fault = HEALTHY
    connections: int = 0
    met: int = 0
    """How often the fault of the moment was met since it began."""
    address: tuple[str, int] = ("", 0)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def before(cls, url: str) -> AsyncIterator["FaultProxy"]:
        """A proxy before the server of `url` for the time of a block."""
        parts = urlsplit(url)
        proxy = cls(str(parts.hostname), parts.port or 0)
        server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
        proxy.address = server.sockets[0].getsockname()[:2]
        try:
            yield proxy
        finally:
            server.close()
            for task in list(proxy._open):
                task.cancel()
            await asyncio.gather(*proxy._open, return_exceptions=True)

    def url_of(self, url: str) -> str:
        """The same address by way of the proxy."""
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        where = f"{self.address[0]}:{self.address[1]}"
        return urlunsplit(parts._replace(netloc=f"{login}@{where}" if login else where))

    def suffer(self, fault: Fault) -> None:
        """From now on, on open connections too."""
        self.fault, self.met = fault, 0

    def heal(self) -> None:
        """All is well for new connections; those that fell silent stay so, as after a failed-over firewall."""
        self.fault = HEALTHY

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.fault.refuse:
            self.met += 1
            _reset(writer)
            return
        try:
            onward, back = await asyncio.open_connection(self.host, self.port)
        except OSError:
            _reset(writer)
            return
        passage = _Passage(self, reader, writer, onward, back)
        try:
            await passage.run()
        finally:
            for each in (writer, back):
                each.close()


@dataclass(eq=False)
class _Passage:
    proxy: FaultProxy
    from_client: asyncio.StreamReader
    to_client: asyncio.StreamWriter
    from_server: asyncio.StreamReader
    to_server: asyncio.StreamWriter
    under: Fault = HEALTHY
    asked: int = 0
    answered: int = 0
    is_lost: bool = False

    async def run(self) -> None:
        # Whichever side ends first ends both, unless the other has been lost: then nobody is told.
        pumps = {asyncio.create_task(self._questions()), asyncio.create_task(self._answers())}
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _questions(self) -> None:
        while data := await _read(self.from_client):
            if await self._swallows():
                continue
            cut = 0 if self.proxy.fault.refuse else self.proxy.fault.cut_question_after
            if cut is not None and self.asked + len(data) > cut:
                self.proxy.met += 1
                self.to_server.write(data[: max(0, cut - self.asked)])
                await self._cut()
                return
            self.asked += len(data)
            self.to_server.write(data)
            await _drain(self.to_server)

    async def _answers(self) -> None:
        while data := await _read(self.from_server):
            if await self._swallows():
                continue
            fault = self.proxy.fault
            if fault.drip:
                self.proxy.met += 1
                await self._drip(data)
                continue
            ends = fault.end_answer_after if fault.end_answer_after is not None else fault.cut_answer_after
            if ends is not None and self.answered + len(data) > ends:
                self.proxy.met += 1
                self.to_client.write(data[: max(0, ends - self.answered)])
                await _drain(self.to_client)
                if fault.end_answer_after is None:
                    await self._cut()
                return
            self.answered += len(data)
            self.to_client.write(data)
            await _drain(self.to_client)
        if self.is_lost:
            await asyncio.Event().wait()

    async def _drip(self, data: bytes) -> None:
        for position in range(len(data)):
            if not self.proxy.fault.drip:  # healed meanwhile
                self.to_client.write(data[position:])
                break
            self.to_client.write(data[position : position + 1])
            await _drain(self.to_client)
            await asyncio.sleep(self.proxy.fault.drip)
        await _drain(self.to_client)

    async def _swallows(self) -> bool:
        fault = self.proxy.fault
        if fault is not self.under:
            self.under, self.asked, self.answered = fault, 0, 0
        if fault.silent and not self.is_lost:
            self.is_lost = True
            self.proxy.met += 1
        if fault.delay and not self.is_lost:
            self.proxy.met += 1
            await asyncio.sleep(fault.delay)
        return self.is_lost

    async def _cut(self) -> None:
        await _drain(self.to_server)
        for writer in (self.to_client, self.to_server):
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    held = writer.get_extra_info("socket")
    if held is not None:
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(CHUNK)
    except OSError:
        return b""


async def _drain(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        await writer.drain()
