"""Roles, database and schemas, from an administrator's connection: one schema and one role per service."""

import asyncpg

from migrations.bootstrap_statements import CLOSE, DATABASE, JOIN, MAKE_DATABASE, ROLES, schema_of
from migrations.histories import SERVICES


async def bootstrap(admin_url: str, passwords: dict[str, str]) -> None:
    """Make what is missing, set the passwords; may be run again at any time.

    `migrator` owns the schemas and changes tables; each service's own role may only read and write rows of its own
    schema. `passwords` has one for each of these roles.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        for role in ROLES:
            await _make_role(connection, role, passwords[role])
        await connection.execute(JOIN)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(MAKE_DATABASE)
        host = await connection.fetchval("SELECT current_database()")
    finally:
        await connection.close()
    inside = (
        await asyncpg.connect(admin_url, database=DATABASE) if host != DATABASE else await asyncpg.connect(admin_url)
    )
    try:
        await inside.execute(CLOSE)
        for service in SERVICES:
            await inside.execute(schema_of(service))
    finally:
        await inside.close()


async def _make_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    # Utility statements take no parameters; PostgreSQL quotes the password itself.
    quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(f"{'ALTER' if exists else 'CREATE'} ROLE {role} LOGIN PASSWORD {quoted}")
