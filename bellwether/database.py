"""`bellwether bootstrap`, `migrate` and `restored`: what is done to the database as a whole."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from bellwether.calling import given, service_named
from bellwether.errors import OperationFailed
from migrations.bootstrap import bootstrap as make_schemas
from migrations.bootstrap_script import script
from migrations.bootstrap_statements import ROLES
from migrations.histories import SERVICES
from migrations.locks import GaveWay
from migrations.upgrading import upgrade
from shared.db import connect
from shared.feed import following, reading
from shared.ids import new_id

FOLLOWERS = ("audit", "engagement", "scoring")

Service = Annotated[str | None, typer.Argument(help="Only this service's schema")]


def bootstrap(
    *, sql: Annotated[bool, typer.Option("--sql", help="Print it for psql instead; needs no database")] = False
) -> None:
    """Make roles, database and schemas, set passwords; may be run again (ADMIN_DATABASE_URL, ROLE_PASSWORDS_FILE).

    With --sql nothing is done: the script for psql is printed, with SCRAM verifiers of the passwords in
    ROLE_PASSWORDS_FILE, or, without that, asking psql's variables for them.
    """
    if not sql:
        asyncio.run(make_schemas(_required("ADMIN_DATABASE_URL"), _passwords(_required("ROLE_PASSWORDS_FILE"))))
        return
    named = given("ROLE_PASSWORDS_FILE")
    try:
        typer.echo(script(_passwords(named) if named else None), nl=False)
    except ValueError as error:
        raise OperationFailed(f"{named}: {error}.") from error


def migrate(service: Service = None) -> None:
    """Bring the schemas up to date, before new code starts and while old code runs (MIGRATION_DATABASE_URL)."""
    url = _required("MIGRATION_DATABASE_URL")
    for each in _chosen(service):
        try:
            upgrade(each, url, lambda line: typer.echo(line, err=True))
        except GaveWay as wait:
            raise OperationFailed(
                f"{each} is not up to date: {wait}. What was begun is undone and nobody waits for it. "
                f"Run this again when that is over, or end it: SELECT pg_terminate_backend(...)."
            ) from wait


def restored() -> None:
    """Have readers of the feeds start over, since the database is that of a backup (MIGRATION_DATABASE_URL).

    To be run after each restore, before the services start: else a reader outside that had come further than the
    backup would miss what is written from now on, up to where it had been.
    """
    asyncio.run(_begin_epochs(_required("MIGRATION_DATABASE_URL")))
    typer.echo(f"The feeds of {', '.join(SERVICES)} begin anew.")


async def _begin_epochs(url: str) -> None:
    async with AsyncExitStack() as opened:
        databases = {service: connect(url, service, pool_size=1) for service in SERVICES}
        for database in databases.values():
            opened.push_async_callback(database.close)
        for source in SERVICES:
            begun = new_id()
            async with databases[source].transaction() as session:
                ended, head = await reading.begin_epoch(session, begun)
            # What was saved in one moment fits together: our own services go on where they were.
            for follower in FOLLOWERS:
                async with databases[follower].transaction() as session:
                    await following.keep_place(session, source, ended, begun, head)


def _passwords(path: str) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperationFailed(f"ROLE_PASSWORDS_FILE: {path} cannot be read: {error}") from error
    missing = [role for role in ROLES if not isinstance(found.get(role), str)]
    if missing:
        raise OperationFailed(f"ROLE_PASSWORDS_FILE: {path} has no password for {', '.join(missing)}.")
    return found


def _chosen(service: str | None) -> tuple[str, ...]:
    return SERVICES if service is None else (service_named(service),)


def _required(name: str) -> str:
    value = given(name)
    if not value:
        raise OperationFailed(f"{name} is not set.")
    return value
