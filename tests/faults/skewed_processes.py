"""Processes of the stage's services whose clock is wrong."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.processes.arming import START_UP
from tests.stage import Stage

GIVEN = (
    "database_url", "redis_url", "service_key_file", "peer_keys_dir", "token_key_file", "files_url", "public_url",
    "oidc_issuer",
)  # fmt: skip


class Skewed:
    """One of them, and what it has said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said = ""

    async def listen(self) -> None:
        """Keep all that it says until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said += line.decode()

    async def stop(self) -> None:
        """End it; how well it ends is no matter of its clock."""
        assert self._process.returncode is None, self.said
        self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def skewed(
    stage: Stage, off_by: float, module: str, *arguments: str, urls: dict[str, str], port: int = 0
) -> AsyncIterator[Skewed]:
    """`python -m` such a module for the time of a block, on the stage's servers, its clock off by so many seconds.

    `urls` says where it finds the other services.
    """
    settings = stage.settings(module.split(".")[1])
    environment = {name.upper(): str(getattr(settings, name)) for name in GIVEN if hasattr(settings, name)}
    environment |= {f"{service.upper()}_URL": url for service, url in urls.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        env={
            **os.environ,
            **environment,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "LOG_FORMAT": "json",
            "PYTHONPATH": str(START_UP),
            "CLOCK_OFF_BY": str(off_by),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    running = Skewed(process)
    listening = asyncio.create_task(running.listen())
    try:
        yield running
    finally:
        await running.stop()
        await listening
