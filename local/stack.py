"""The whole house on one machine: both servers, migrations, four services, their workers, the door."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bellwether.api import Credentials
from local.environment import SERVICES, Addresses, Environment, Secrets
from local.errors import LocalError
from local.people import write_people
from local.ports import require_free
from local.progress import Progress
from local.servers.embedded import Servers, start_servers
from local.servers.postgres import DISK_FULL
from local.supervisor import PROJECT, SETTLED_SECONDS, Program, Supervisor, last_lines

DOOR_RANK, API_RANK, WORKER_RANK = 0, 10, 20
WORKERS = {
    "registry-worker": ("registry", []),
    "audit-worker": ("audit", []),
    "engagement-worker": ("engagement", []),
    "scoring-worker-scores": ("scoring", ["scores"]),
    "scoring-worker-tasks": ("scoring", ["tasks"]),
}


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs, and how to talk to it."""

    addresses: Addresses
    environment: Environment
    people: list[Credentials]
    supervisor: Supervisor

    def create_client(self, name: str) -> Credentials:
        """A new API client that may do everything."""
        command = [sys.executable, "-m", "bellwether", "clients", "create", "--first"]
        done = subprocess.run(
            [*command, "--name", name, "--scopes", "admin"],
            cwd=PROJECT,
            env=self.environment.of_service("registry"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalError(f"No API client could be made:\n{done.stderr.strip() or done.stdout.strip()}")
        made = json.loads(done.stdout)
        token_url = f"{self.addresses.url('registry')}/oauth2/token"
        return Credentials(token_url, made["client_id"], made["client_secret"])


@contextlib.contextmanager
def running_stack(
    state: Path,
    addresses: Addresses,
    progress: Progress,
    *,
    keep_data: bool,
    on_failure: Callable[[str], None],
    settled_seconds: float = SETTLED_SECONDS,
) -> Iterator[Stack]:
    """Everything, ready, for the time of a `with` block. `state` is a folder that the caller has claimed.

    A process that dies sooner after its start than in `settled_seconds`, again and again, is given up.
    """
    require_free(addresses.host, addresses.ports)
    logs = state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for old in logs.glob("*.log"):
        old.unlink()
    with Supervisor(say=progress.say, on_failure=on_failure, settled_seconds=settled_seconds) as supervisor:
        servers = _servers(supervisor, state, logs, progress, keep_data=keep_data)
        environment = Environment(
            addresses, Secrets(state / "secrets"), servers.admin_url, servers.redis_url, state / "files"
        )
        with progress.step("Database, roles and migrations"):
            _run_once("bootstrap", environment.of_bootstrap(), logs / "migrations.log")
            _run_once("migrate", environment.of_migrations(), logs / "migrations.log")
        people_file = state / "people.json"
        people = write_people(people_file, f"{addresses.issuer}/token")
        with progress.step("Four services, their workers and the door"):
            _start_services(supervisor, environment, people_file, logs)
        credentials = [
            Credentials(person["token_url"], person["client_id"], person["client_secret"]) for person in people
        ]
        yield Stack(addresses, environment, credentials, supervisor)


def _servers(supervisor: Supervisor, state: Path, logs: Path, progress: Progress, *, keep_data: bool) -> Servers:
    given = {name: os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL")}
    for name, url in given.items():
        if url:
            progress.say(f"Using the server that {name} names; what is loaded stays there.")
    title = "PostgreSQL and Valkey" if not any(given.values()) else "Servers"
    with progress.step(title):
        return start_servers(
            supervisor, state, logs, keep_data=keep_data, admin_url=given["DATABASE_URL"], redis_url=given["REDIS_URL"]
        )


def _run_once(command: str, env: dict[str, str], log: Path) -> None:
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-m", "bellwether", command],
            cwd=PROJECT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        end = last_lines(log)
        if any(sign in end for sign in DISK_FULL):
            raise LocalError(f"The disk is full: PostgreSQL could not write. Free some space and run again.\n{end}")
        raise LocalError(f"`python -m bellwether {command}` failed; the end of {log}:\n{end}")


def _start_services(supervisor: Supervisor, environment: Environment, people_file: Path, logs: Path) -> None:
    for service in SERVICES:
        supervisor.start(
            Program(
                name=service,
                argv=[sys.executable, "-m", f"services.{service}.main"],
                env=environment.of_service(service),
                log=logs / f"{service}.log",
                rank=API_RANK,
                is_ready=_probe(f"{environment.addresses.url(service)}/readyz"),
            )
        )
    supervisor.start(
        Program(
            name="door",
            argv=[sys.executable, "-m", "local.door"],
            env=environment.of_door(people_file),
            log=logs / "door.log",
            rank=DOOR_RANK,
            is_ready=_probe(f"{environment.addresses.issuer}/jwks.json"),
        )
    )
    for name, (service, arguments) in WORKERS.items():
        supervisor.start(
            Program(
                name=name,
                argv=[sys.executable, "-m", f"services.{service}.worker", *arguments],
                env=environment.of_service(service),
                log=logs / f"{name}.log",
                rank=WORKER_RANK,
            )
        )
    for name in (*SERVICES, "door"):
        supervisor.wait_until_ready(name)


def _probe(url: str) -> Callable[[], bool]:
    def is_ready() -> bool:
        try:
            return httpx.get(url, timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    return is_ready
