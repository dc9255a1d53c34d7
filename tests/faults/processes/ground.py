"""Everything as real processes, on servers that keep what they have committed, and the ways in which they die."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
import redis
from rich.console import Console

from bellwether.api import Api, Credentials
from local.environment import DATABASE, Addresses
from local.progress import Progress
from local.stack import WORKERS, Stack, running_stack
from local.supervisor import Program, Supervisor
from tests.e2e.conftest import free_port_base

APIS = ("registry", "audit", "engagement", "scoring")
SECOND_WORKERS = {
    "audit-worker-2": ("audit", []),
    "scoring-worker-scores-2": ("scoring", ["scores"]),
    "scoring-worker-tasks-2": ("scoring", ["tasks"]),
}
"""A second process each of those that may step on each other's feet."""
SERVERS = ("valkey", "postgres")
LOOK_SECONDS = 0.05
HEALED_SECONDS = 300.0


@dataclass
class Ground:
    """What runs, and who may call it."""

    stack: Stack
    folder: Path
    api: Api
    credentials: list[Credentials]
    """Of a machine that may do everything, and of two people."""
    kills: dict[str, int] = field(default_factory=dict)

    @property
    def supervisor(self) -> Supervisor:
        return self.stack.supervisor

    @property
    def mortals(self) -> tuple[str, ...]:
        """Everything that may die at any moment."""
        return (*APIS, *WORKERS, *SECOND_WORKERS, *SERVERS)

    def kill(self, name: str) -> None:
        """SIGKILL, for PostgreSQL with all of its children; whoever watches over them starts it again."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.supervisor.pid_of(name))
            family = [process, *(process.children(recursive=True) if name == "postgres" else [])]
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
        self.kills[name] = self.kills.get(name, 0) + 1

    def stop(self, name: str) -> int:
        """Have a process neither work nor go away, if it is there; returns its id."""
        pid = self.supervisor.pid_of(name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        return pid

    def go_on(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Stopped for the time of a `with` block."""
        pid = self.stop(name)
        try:
            yield
        finally:
            self.go_on(pid)

    def restart(self, name: str) -> None:
        """Ask it to end, as an upgrade does, and return when its successor works."""
        before = self.supervisor.pid_of(name)
        os.kill(before, signal.SIGTERM)
        deadline = time.monotonic() + HEALED_SECONDS
        while self.supervisor.pid_of(name) == before:
            assert time.monotonic() < deadline, f"{name} does not end"
            time.sleep(LOOK_SECONDS)
        self.supervisor.wait_until_ready(name, HEALED_SECONDS)

    def flush(self) -> None:
        """Have Redis forget everything, whatever it holds; nothing where it is away."""
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis.from_url(self.stack.environment.redis_url, socket_timeout=2) as client,
        ):
            client.flushall()

    def wait_until_healed(self) -> None:
        """Return when every server and every API is there again."""
        for name in (*SERVERS, *APIS, "door"):
            self.supervisor.wait_until_ready(name, HEALED_SECONDS)

    def said(self, name: str) -> str:
        """What a process and its forerunners have logged."""
        return (self.folder / "logs" / f"{name}.log").read_text(encoding="utf-8")

    @contextlib.asynccontextmanager
    async def database(self, schema: str) -> Any:
        """A connection as the superuser, who sees what is really stored."""
        url = f"{self.stack.environment.admin_url.rpartition('/')[0]}/{DATABASE}"
        connection = await asyncpg.connect(url, server_settings={"search_path": schema, "timezone": "UTC"})
        try:
            yield connection
        finally:
            await connection.close()


@contextlib.contextmanager
def ground_on(folder: Path, **environment: str) -> Iterator[Ground]:
    """Everything, with two workers of each kind that is shared, for the time of a `with` block."""
    failures: list[str] = []
    addresses = Addresses("127.0.0.1", free_port_base())
    with pytest.MonkeyPatch.context() as patched, contextlib.ExitStack() as end:
        given = {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "RATE_LIMIT_REQUESTS": "0", "RATE_LIMIT_IMPORTS": "0"}
        for name, value in {**given, **environment}.items():
            patched.setenv(name, value)
        for name in ("DATABASE_URL", "REDIS_URL"):
            patched.delenv(name, raising=False)
        progress = Progress(Console(quiet=True))
        stack = end.enter_context(
            running_stack(folder, addresses, progress, keep_data=False, on_failure=failures.append, settled_seconds=0)
        )
        for name, (service, arguments) in SECOND_WORKERS.items():
            stack.supervisor.start(
                Program(
                    name=name,
                    argv=[sys.executable, "-m", f"services.{service}.worker", *arguments],
                    env=stack.environment.of_service(service),
                    log=folder / "logs" / f"{name}.log",
                )
            )
        credentials = [stack.create_client("tests"), *stack.people]
        api = end.enter_context(contextlib.closing(Api(addresses, credentials[0])))
        yield Ground(stack, folder, api, credentials)
    assert not failures, failures
