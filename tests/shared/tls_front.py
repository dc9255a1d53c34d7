"""PostgreSQL behind TLS: the wheels' server is built without it, so its end of TLS is played here, to the letter."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TLS_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""With which a client that wants TLS begins (PostgreSQL's protocol, SSLRequest)."""
REFUSAL = b"SFATAL\x00C28000\x00Mno pg_hba.conf entry for this host, no encryption\x00\x00"


class TlsFront:
    """Listens beside a server, as managed ones do: grants TLS, refuses whoever speaks without, passes the rest on."""

    def __init__(self, tls: ssl.SSLContext, host: str, port: int) -> None:
        self._tls, self._host, self._behind = tls, host, port
        self.port = 0
        self.encrypted = 0

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve from a thread, so that processes and tests alike can be let in."""
        loop, started = asyncio.new_event_loop(), threading.Event()
        thread = threading.Thread(target=loop.run_until_complete, args=(self._serve(started),), daemon=True)
        thread.start()
        assert started.wait(10)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(self._stop.set)
            thread.join(10)
            loop.close()

    async def _serve(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        # What is still open at the end is cut off, as a server that goes down does.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        server = await asyncio.start_server(self._let_in, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.05)

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(TLS_REQUEST)) != TLS_REQUEST:
                writer.write(b"E" + (len(REFUSAL) + 4).to_bytes(4, "big") + REFUSAL)
                await writer.drain()
            else:
                writer.write(b"S")
                await writer.start_tls(self._tls)
                self.encrypted += 1
                behind = await asyncio.open_connection(self._host, self._behind)
                await asyncio.gather(pass_on(reader, behind[1]), pass_on(behind[0], writer))
        writer.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy what comes until it ends."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
