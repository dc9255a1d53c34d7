"""Writes the random secrets that the containers mount, into `secrets/`, once."""

import secrets
import sys
from pathlib import Path

from local.environment import DATABASE, ROLES, Secrets
from local.servers.account import write_private
from local.supervisor import PROJECT

FOLDER = PROJECT / "secrets"
POSTGRES_PASSWORD, REDIS_PASSWORD = "postgres-password", "redis-password"  # names of files


def main() -> None:
    """Write what is missing; what is there stays, since databases already know it."""
    write_secrets(FOLDER)
    sys.stdout.write(f"The secrets are in {FOLDER}.\n")


def write_secrets(folder: Path) -> None:
    """Keys, passwords, and the addresses that contain passwords, for processes in containers."""
    made = Secrets(folder)
    own = {name: _password(folder / name) for name in (POSTGRES_PASSWORD, REDIS_PASSWORD)}
    urls = {f"{role}-database-url": f"postgresql://{role}:{made.passwords[role]}@postgres/{DATABASE}" for role in ROLES}
    urls["admin-database-url"] = f"postgresql://postgres:{own[POSTGRES_PASSWORD]}@postgres/postgres"
    urls["redis-url"] = f"redis://:{own[REDIS_PASSWORD]}@redis:6379/0"
    for name, url in urls.items():
        write_private(folder / name, url, None)
    # A process in a container has another user id and is handed single files: those it must be able to read. Nobody
    # else comes to them, since the folder itself is its owner's only.
    for path in (*folder.iterdir(), *made.peer_keys.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24), None)
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
