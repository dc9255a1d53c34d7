"""Writes the random secrets that the containers mount, into `secrets/`, once."""

import secrets
import sys

from local.environment import Secrets
from local.servers.account import write_private
from local.supervisor import PROJECT

FOLDER = PROJECT / "secrets"
PASSWORDS = ("postgres-password", "valkey-password")


def main() -> None:
    """Write what is missing; what is there stays, since databases already know it."""
    Secrets(FOLDER)
    for name in PASSWORDS:
        path = FOLDER / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24), None)
    sys.stdout.write(f"The secrets are in {FOLDER}.\n")


if __name__ == "__main__":
    main()
