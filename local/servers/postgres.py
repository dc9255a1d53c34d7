"""PostgreSQL on the loopback address, with a random password and its data in a folder of ours."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.ports import LOOPBACK, free_port
from local.processes import end_processes_in
from local.servers.account import Account, give, write_private
from local.servers.programs import ServerPrograms
from local.supervisor import Program

STOP_RANK = 40
SUPERUSER = "postgres"
CONNECTIONS = 200
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": str(CONNECTIONS),
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests only: a crash of the machine may cost the data, and a kill of the whole server its last commits.
FASTER_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "2GB",
}
DISK_FULL = ("No space left on device", "Disk quota exceeded")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A prepared server: the program that runs it, and the superuser's URL."""

    program: Program
    admin_url: str


def prepare_postgres(
    home: Path,
    programs: ServerPrograms,
    account: Account | None,
    log: Path,
    *,
    port: int | None = None,
    durable: bool = True,
    own_settings: Mapping[str, str] | None = None,
) -> PostgresServer:
    """Make the data folder in `home` unless it is there, and say how to run the server on it, with settings of its own.

    LocalError if the disk is full or initdb fails for another reason.
    """
    data = home / "postgres"
    password_file = home / "postgres-password"
    if not (data / "PG_VERSION").exists() or not password_file.exists():
        _initialise(data, password_file, programs, account, durable=durable)
    password = password_file.read_text(encoding="utf-8").strip()
    chosen = port or free_port()
    settings = {**SETTINGS, **({} if durable else FASTER_SETTINGS), **(own_settings or {}), "port": str(chosen)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    program = Program(
        name="postgres",
        argv=[str(programs.postgres), "-D", str(data), *options],
        env=_environment(),
        log=log,
        cwd=data,
        rank=STOP_RANK,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions, then shuts down cleanly
        owner=account.owner if account else None,
        is_ready=lambda: _is_ready(data, chosen),
        before_start=lambda: _clear_leftovers(data),
    )
    return PostgresServer(program, f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{chosen}/postgres")


def _initialise(
    data: Path, password_file: Path, programs: ServerPrograms, account: Account | None, *, durable: bool
) -> None:
    if data.exists():
        # Without its password nothing can be read from it any more; somebody should look before it goes.
        if (data / "PG_VERSION").exists():
            raise LocalError(f"{data} has a database, but its password file {password_file} is gone: move {data} away.")
        _remove_half_made(data)
    write_private(password_file, secrets.token_urlsafe(24), account)
    data.mkdir(mode=0o700)
    give(data, account)
    command = [str(programs.initdb), "-D", str(data), "-U", SUPERUSER, f"--pwfile={password_file}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += [] if durable else ["--no-sync"]
    owner = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    done = subprocess.run(
        command,
        cwd=data.parent,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        **owner,  # type: ignore[call-overload]
    )
    if done.returncode == 0:
        return
    _remove_half_made(data)
    if any(sign in done.stdout + done.stderr for sign in DISK_FULL):
        raise LocalError(f"The disk is full: PostgreSQL needs about 100 MB in {data.parent}. Free some and run again.")
    raise LocalError(f"PostgreSQL's data folder {data} could not be made:\n{done.stderr.strip()}")


def _remove_half_made(data: Path) -> None:
    shutil.rmtree(data, ignore_errors=True)


def _clear_leftovers(data: Path) -> None:
    """End what a killed run left behind, so that the data folder can be used again."""
    end_processes_in(data)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _is_ready(data: Path, port: int) -> bool:
    """As pg_ctl sees it, from the end of postmaster.pid; and from the port, since a stale file says so too."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    status_line = 7
    return len(lines) > status_line and lines[status_line].strip() == "ready"


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
