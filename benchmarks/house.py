"""The one-machine run as it is served, for the time of a measurement, with the references' processes beside it."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from rich.console import Console

from bellwether.api import Api, Credentials
from benchmarks import bare, files
from benchmarks.memory import Memory
from local.environment import DATABASE, Addresses
from local.load import RUNNING, wait_until_fresh
from local.progress import Progress
from local.stack import Stack, running_stack
from local.supervisor import PROJECT

PORT_BASE = 19600
BARE_PORT = PORT_BASE + 20
SUPPLIERS = 2000
PATIENCE_SECONDS = 1800.0
MANY = "100000000"
"""So that limits count each request, as always, and refuse none."""


@dataclass(frozen=True, slots=True)
class House:
    """What runs: the stack, a client that may do everything, and what its processes have held of memory."""

    stack: Stack
    credentials: Credentials
    api: Api
    memory: Memory

    @property
    def database_url(self) -> str:
        """The superuser's, of the services' database."""
        parts = urlsplit(self.stack.environment.admin_url)
        return urlunsplit((parts.scheme, parts.netloc, f"/{DATABASE}", parts.query, ""))

    def token(self) -> str:
        """A fresh token: it lasts for five minutes."""
        given = (self.credentials.client_id, self.credentials.client_secret)
        answer = httpx.post(self.credentials.token_url, data={"grant_type": "client_credentials"}, auth=given)
        return str(answer.raise_for_status().json()["access_token"])

    def url(self, service: str) -> str:
        """Where a service listens."""
        return self.stack.addresses.url(service)

    def sql(self, statement: str) -> None:
        """Run SQL as the superuser."""
        asyncio.run(self._sql(statement))

    async def _sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self.database_url)
        await connection.execute(statement)
        await connection.close()

    def import_file(self, service: str, kind: str, content: bytes) -> None:
        """Post a file and wait until all of its rows are taken in."""
        headers = {"Content-Type": "text/csv"}
        accepted = self.api.call("POST", service, f"/v1/imports/{kind}", content=content, headers=headers)
        run = self.api.finished(service, accepted, RUNNING, PATIENCE_SECONDS)
        if run["status"] != "succeeded":
            raise RuntimeError(f"The import of {kind} ended {run['status']}: {run}")

    @contextlib.contextmanager
    def process(self, *arguments: str, **environment: str) -> Iterator[None]:
        """A process of a reference, stopped at the end of the block."""
        given = {**os.environ, "DATABASE_URL": self.database_url, "REDIS_URL": self.stack.environment.redis_url}
        command = [sys.executable, *arguments]
        # The command is our own interpreter with modules of our own.
        with subprocess.Popen(command, cwd=PROJECT, env={**given, **environment}) as running:  # noqa: S603
            try:
                yield
            finally:
                running.terminate()

    @contextlib.contextmanager
    def bare(self) -> Iterator[str]:
        """The bare handlers, ready; yields their address."""
        url = f"http://127.0.0.1:{BARE_PORT}"
        with self.process("-m", "benchmarks.bare", HOST="127.0.0.1", PORT=str(BARE_PORT)):
            deadline = time.monotonic() + 30
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"{url}/scores?limit=1").is_success:
                        break
                if time.monotonic() > deadline:
                    raise RuntimeError("The bare handlers do not come up.")
                time.sleep(0.05)
            yield url


@contextlib.contextmanager
def open_house() -> Iterator[House]:
    """Everything up, with suppliers and an audit of each, all of them scored."""
    os.environ["RATE_LIMIT_REQUESTS"] = os.environ["RATE_LIMIT_IMPORTS"] = MANY
    failures: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="bellwether-benchmark-") as folder,
        running_stack(
            Path(folder),
            Addresses("127.0.0.1", PORT_BASE),
            Progress(Console()),
            keep_data=False,
            on_failure=failures.append,
        ) as stack,
    ):
        credentials = stack.create_client("benchmark")
        with contextlib.closing(Api(stack.addresses, credentials)) as api:
            house = House(stack, credentials, api, Memory())
            house.sql(bare.TABLES)
            house.memory.mark_idle()
            house.import_file("registry", "suppliers", files.suppliers(SUPPLIERS))
            house.import_file("audit", "audits", files.audits(SUPPLIERS))
            wait_until_fresh(api)
            house.sql("VACUUM ANALYZE")  # as it would be after a while
            try:
                yield house
            finally:
                house.memory.stop()
        if failures:
            raise RuntimeError(f"The stack failed: {failures[0]}")


def supplier_ids(house: House) -> Sequence[str]:
    """The suppliers that are scored."""
    return [item["supplier_id"] for item in house.api.items("scoring", "/v1/scores", limit=200)]
