"""Both servers at once, for the one-machine run and for tests."""

import contextlib
import fcntl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.servers.account import data_home, server_account
from local.servers.postgres import prepare_postgres
from local.servers.programs import find_programs
from local.servers.valkey import prepare_valkey
from local.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are: the superuser's PostgreSQL URL, and the URL of Valkey."""

    admin_url: str
    redis_url: str


def start_servers(
    supervisor: Supervisor,
    state: Path,
    logs: Path,
    *,
    keep_data: bool = True,
    durable: bool = True,
    own_settings: Mapping[str, str] | None = None,
    admin_url: str | None = None,
    redis_url: str | None = None,
) -> Servers:
    """Start both under `supervisor` and wait until they are ready; one whose URL is given is not started.

    Data that is not kept is removed when the supervisor ends. Not durable is for tests: faster, and not safe
    against a power cut. `own_settings` are PostgreSQL's.
    """
    if admin_url and redis_url:
        return Servers(admin_url, redis_url)
    account = server_account()
    home = data_home(state, account)
    if not keep_data:
        supervisor.remove_at_end(home)
    programs = find_programs(home, account)
    if not admin_url:
        postgres = prepare_postgres(
            home, programs, account, logs / "postgres.log", durable=durable, own_settings=own_settings
        )
        supervisor.start(postgres.program)
        admin_url = postgres.admin_url
    if not redis_url:
        valkey = prepare_valkey(home, programs, account, logs / "valkey.log")
        supervisor.start(valkey.program)
        supervisor.wait_until_ready("valkey")
        redis_url = valkey.url
    supervisor.wait_until_ready("postgres")
    return Servers(admin_url, redis_url)


@contextlib.contextmanager
def servers_for_tests(state: Path, own_settings: Mapping[str, str] | None = None) -> Iterator[Servers]:
    """Both servers for the time of a `with` block; they and their data go with it, also when this process is killed."""
    with claimed(state), Supervisor() as supervisor:
        yield start_servers(
            supervisor, state, state / "logs", keep_data=False, durable=False, own_settings=own_settings
        )


@contextlib.contextmanager
def claimed(state: Path) -> Iterator[None]:
    """Hold a state folder; LocalError if another run holds it. It ends with this process."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(f"Another run is using {state}: stop it first (Ctrl-C where it runs).") from None
        yield
