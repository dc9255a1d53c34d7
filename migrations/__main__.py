"""`python -m migrations bootstrap | upgrade [service] | revision service message`."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from alembic import command

from migrations.bootstrap import bootstrap
from migrations.histories import SERVICES, config_for, next_number
from shared.settings import SECRETS_FOLDER


def main() -> None:
    """Do what the command line says; settings come from the environment or, in containers, from secret files."""
    parser = argparse.ArgumentParser(prog="migrations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("bootstrap", help="roles, database, schemas (ADMIN_DATABASE_URL, ROLE_PASSWORDS_FILE)")
    upgrade = commands.add_parser("upgrade", help="bring schemas up to date (MIGRATION_DATABASE_URL)")
    upgrade.add_argument("service", nargs="?", choices=SERVICES)
    revision = commands.add_parser("revision", help="write the step from the schema to the models")
    revision.add_argument("service", choices=SERVICES)
    revision.add_argument("message")
    given = parser.parse_args()
    if given.command == "bootstrap":
        passwords = json.loads(Path(_required("ROLE_PASSWORDS_FILE")).read_text(encoding="utf-8"))
        asyncio.run(bootstrap(_required("ADMIN_DATABASE_URL"), passwords))
    elif given.command == "upgrade":
        for service in [given.service] if given.service else SERVICES:
            command.upgrade(config_for(service, _required("MIGRATION_DATABASE_URL")), "head")
    else:
        config = config_for(given.service, _required("MIGRATION_DATABASE_URL"))
        command.revision(config, given.message, autogenerate=True, rev_id=next_number(config))


def _required(name: str) -> str:
    secret = SECRETS_FOLDER / name.lower()
    value = os.environ.get(name) or (secret.read_text(encoding="utf-8").strip() if secret.is_file() else "")
    if not value:
        sys.exit(f"migrations: {name} is not set")
    return value


if __name__ == "__main__":
    main()
