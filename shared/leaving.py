"""How an API's process ends without a failed request: it says that it is leaving, answers for a while, then stops."""

import asyncio
import contextlib
import signal
import socket
from types import FrameType

import structlog
import uvicorn

log = structlog.get_logger()


class Leaving:
    """Whether the process has been told to stop. Whoever may still send it something is told by each answer."""

    def __init__(self) -> None:
        """Not yet."""
        self._begun = False

    def begin(self) -> None:
        """From now on not ready, and no connection is kept."""
        self._begun = True

    def __bool__(self) -> bool:
        return self._begun


class Server(uvicorn.Server):
    """A server that goes on answering for some seconds after it was told to stop, on new connections too.

    Whoever passes requests on needs them to see that this process is not ready any more. A second signal cuts it short.
    """

    def __init__(self, config: uvicorn.Config, leaving: Leaving, drain_seconds: float) -> None:
        """`leaving` is what the application looks at."""
        super().__init__(config)
        self._leaving, self._drain_seconds = leaving, drain_seconds
        self._hurried = asyncio.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note a signal."""
        if self.should_exit or sig == signal.SIGINT:
            self._hurried.set()
        self._leaving.begin()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer a while longer, then let what is under way finish."""
        self._leaving.begin()
        log.info("leaving", drain_seconds=self._drain_seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._drain_seconds):
                await self._hurried.wait()
        await super().shutdown(sockets)
