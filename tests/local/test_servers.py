"""Real PostgreSQL and Valkey: they start as root and as anyone else, and again after everything was killed."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from local.errors import LocalError
from local.processes import is_alive
from local.servers.account import data_home, former_data_home, server_account
from local.servers.embedded import Servers, claimed, servers_for_tests, start_servers
from local.servers.postgres import prepare_postgres
from local.servers.programs import ServerPrograms
from local.supervisor import PROJECT, Supervisor

Eventually = Callable[[Callable[[], bool]], None]

KEPT = """
import sys, threading
from pathlib import Path
from local.servers.embedded import start_servers
from local.supervisor import Supervisor
with Supervisor() as supervisor:
    servers = start_servers(supervisor, Path(sys.argv[1]), Path(sys.argv[1]) / "logs")
    print(servers.admin_url, flush=True)
    threading.Event().wait()
"""

# Gives up root's rights before anything is started, as if an ordinary user had started it. The interpreter itself may
# be out of that user's reach, so what it loads late is loaded early.
UNPRIVILEGED = """
import encodings.idna, os, signal, subprocess, sys, time
from pathlib import Path
from local.servers import account, postgres, programs, valkey
home = Path(sys.argv[1])
if os.geteuid() == 0:
    nobody = account.server_account()
    found = programs.find_programs(home, nobody)
    os.setgroups([]); os.setgid(nobody.gid); os.setuid(nobody.uid)
else:
    found = programs.find_programs(home, None)
assert account.server_account() is None
for prepare in (postgres.prepare_postgres, valkey.prepare_valkey):
    program = prepare(home, found, None, home / "log").program
    assert program.owner is None
    with subprocess.Popen(program.argv, env=program.env, cwd=program.cwd, stdout=sys.stderr) as process:
        try:
            while process.poll() is None and not program.is_ready():
                time.sleep(0.05)
            assert process.poll() is None
            print(program.name, "is ready")
        finally:
            process.send_signal(program.stop_signal)
"""


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> object:
    with servers_for_tests(tmp_path_factory.mktemp("servers")) as running:
        yield running


def test_postgres_speaks_utf_8_and_sorts_the_same_on_every_system(servers: Servers) -> None:
    query = "SELECT datlocprovider::text || datlocale || pg_encoding_to_char(encoding) FROM pg_database LIMIT 1"
    assert asyncio.run(fetch(servers.admin_url, query)) == "bC.UTF-8UTF8"


def test_postgres_refuses_a_wrong_password(servers: Servers) -> None:
    wrong = re.sub(r":[^:@]+@", ":wrong@", servers.admin_url)
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(fetch(wrong, "SELECT 1"))


def test_valkey_wants_its_password_and_keeps_nothing_on_disk(servers: Servers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()
        assert client.config_get("save") == {"save": ""}
    without_password = re.sub(r":[^:@]+@", "", servers.redis_url)
    with redis.Redis.from_url(without_password) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_as_root_the_servers_run_as_a_user_without_rights(servers: Servers) -> None:
    pid = asyncio.run(fetch(servers.admin_url, "SELECT pg_backend_pid()"))
    assert isinstance(pid, int)
    data = asyncio.run(fetch(servers.admin_url, "SELECT current_setting('data_directory')"))
    owner = Path(str(data)).stat()
    account = server_account()
    assert owner.st_uid == (account.uid if account else os.getuid())
    assert owner.st_mode & 0o777 == 0o700


def test_the_data_of_a_test_run_is_gone_afterwards(tmp_path: Path) -> None:
    with servers_for_tests(tmp_path):
        home = former_data_home(tmp_path)
        assert home is not None
    assert not home.exists()


def test_an_ordinary_user_can_run_both(tmp_path: Path) -> None:
    home = data_home(tmp_path, server_account())
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, str(home)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    shutil.rmtree(home)
    assert done.stdout.splitlines() == ["postgres is ready", "valkey is ready"], done.stderr


def test_everything_killed_at_once_starts_again_with_its_data(tmp_path: Path, eventually: Eventually) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KEPT, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        asyncio.run(fetch(url, "CREATE TABLE kept AS SELECT 42 AS answer"))
        killed = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for victim in killed:
            with contextlib.suppress(psutil.NoSuchProcess):  # some end by themselves with the one before
                victim.kill()
    eventually(lambda: not any(map(is_alive, killed)))
    home = former_data_home(tmp_path)
    assert home is not None
    # A process that is not PostgreSQL has got the number that the stale file names.
    pid_file = home / "postgres" / "postmaster.pid"
    pid_file.write_text(re.sub(r"\A\d+", str(os.getpid()), pid_file.read_text()))
    with Supervisor() as supervisor:
        servers = start_servers(supervisor, tmp_path, tmp_path / "logs", keep_data=False)
        assert asyncio.run(fetch(servers.admin_url, "SELECT answer FROM kept")) == 42


def test_servers_left_over_from_a_killed_run_do_not_stop_the_next(tmp_path: Path, eventually: Eventually) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KEPT, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        children = psutil.Process(process.pid).children()
        (guard,) = [child for child in children if "local.guard" in child.cmdline()]
        guard.kill()
        process.kill()
    left_over = [child for child in children if child != guard]
    assert len(left_over) == 2, "PostgreSQL and Valkey"
    assert all(map(is_alive, left_over))
    with Supervisor() as supervisor:
        start_servers(supervisor, tmp_path, tmp_path / "logs", keep_data=False)
        eventually(lambda: not any(map(is_alive, left_over)))


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(LocalError, match="Another run is using"), claimed(tmp_path):
        pass
    with claimed(tmp_path):
        pass


def test_a_full_disk_is_said_without_a_traceback_and_leaves_no_half_made_folder(tmp_path: Path) -> None:
    initdb = tmp_path / "initdb"
    initdb.write_text('#!/bin/sh\necho "could not write: No space left on device" >&2\nexit 1\n', encoding="utf-8")
    initdb.chmod(0o755)
    programs = ServerPrograms(initdb=initdb, postgres=initdb, valkey=initdb)
    with pytest.raises(LocalError, match="The disk is full"):
        prepare_postgres(tmp_path, programs, None, tmp_path / "log")
    assert not (tmp_path / "postgres").exists()


def test_servers_that_exist_already_are_used_as_they_are(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        given = start_servers(supervisor, tmp_path, tmp_path, admin_url="postgresql://a@b/c", redis_url="redis://d")
    assert given == Servers("postgresql://a@b/c", "redis://d")
