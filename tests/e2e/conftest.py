"""The whole house as real processes, for tests of what no single process can show."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from rich.console import Console

from bellwether.api import Api
from local.environment import Addresses
from local.progress import Progress
from local.servers.embedded import Servers, claimed, start_servers
from local.stack import Stack, running_stack
from local.supervisor import Supervisor
from tests.shared.smtp_sink import Sink, smtp_sink

PORTS_NEEDED = 5
FIRST_PORT, PORTS_APART, PLACES = 21000, 10, 1000


@dataclass(frozen=True, slots=True)
class House:
    """What runs, and who may call it."""

    stack: Stack
    servers: Servers
    supervisor: Supervisor
    api: Api
    people: list[Api]
    mails: Sink


def free_port_base() -> int:
    """The first of five neighbouring ports that are all free now, below those that the system hands out itself."""
    for number in range(PLACES):
        # Test processes look at the same time: each begins at a place of its own.
        base = FIRST_PORT + PORTS_APART * ((os.getpid() + number) % PLACES)
        sockets = [socket.socket() for _ in range(PORTS_NEEDED)]
        try:
            for offset, one in enumerate(sockets):
                one.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        else:
            return base
        finally:
            for one in sockets:
                one.close()
    raise AssertionError("no free ports")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All processes, with servers of their own, for the length of the test run."""
    state = tmp_path_factory.mktemp("house")
    failures: list[str] = []
    progress = Progress(Console(quiet=True))
    with claimed(state / "servers"), smtp_sink() as mails, Supervisor() as supervisor:
        servers = start_servers(
            supervisor, state / "servers", state / "servers" / "logs", keep_data=False, durable=False
        )
        addresses = Addresses("127.0.0.1", free_port_base())
        (state / "stack").mkdir()
        with ExitStack() as stopping:
            with pytest.MonkeyPatch.context() as environment:  # for those that start, not for the tests that follow
                environment.setenv("DATABASE_URL", servers.admin_url)
                environment.setenv("REDIS_URL", servers.redis_url)
                environment.setenv("SMTP_URL", mails.url)
                environment.setenv("MAIL_FROM", "Bellwether <news@bellwether.example>")
                stack = stopping.enter_context(
                    running_stack(state / "stack", addresses, progress, keep_data=False, on_failure=failures.append)
                )
            api, *people = (Api(addresses, caller) for caller in (stack.create_client("tests"), *stack.people))
            for caller in (api, *people):
                stopping.callback(caller.close)
            yield House(stack, servers, supervisor, api, people, mails)
    assert not failures
