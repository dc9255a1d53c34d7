"""Valkey on the loopback address, with a random password and nothing on disk: it only carries doorbells."""

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from local.ports import LOOPBACK, free_port
from local.processes import end_processes_in
from local.servers.account import Account, give, write_private
from local.servers.programs import ServerPrograms
from local.supervisor import Program

STOP_RANK = 30


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """A prepared server: the program that runs it, and its URL."""

    program: Program
    url: str


def prepare_valkey(
    home: Path, programs: ServerPrograms, account: Account | None, log: Path, *, port: int | None = None
) -> ValkeyServer:
    """Write the configuration into `home` and say how to run the server on it."""
    folder = home / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    give(folder, account)
    chosen = port or free_port()
    password = secrets.token_urlsafe(24)
    settings = {
        "bind": LOOPBACK,
        "port": str(chosen),
        "dir": str(folder),
        "requirepass": password,
        "save": '""',
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    configuration = folder / "valkey.conf"
    # In a file, not in the arguments, which every user of the machine can list.
    write_private(configuration, "".join(f"{name} {value}\n" for name, value in settings.items()), account)
    program = Program(
        name="valkey",
        argv=[str(programs.valkey), str(configuration)],
        env={"PATH": os.defpath, "LC_ALL": "C"},
        log=log,
        cwd=folder,
        rank=STOP_RANK,
        owner=account.owner if account else None,
        is_ready=lambda: _is_ready(chosen),
        before_start=lambda: _clear_leftovers(folder),
    )
    return ValkeyServer(program, f"redis://:{password}@{LOOPBACK}:{chosen}/0")


def _clear_leftovers(folder: Path) -> None:
    end_processes_in(folder)


def _is_ready(port: int) -> bool:
    """Whether it answers a PING, if only that it wants a password first."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"-NOAUTH", b"+PONG"))
    except OSError:
        return False
