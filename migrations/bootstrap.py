"""Roles, database and schemas, from a superuser's connection: one schema and one role per service."""

import asyncpg

from migrations.histories import SERVICES

DATABASE = "bellwether"
MIGRATOR = "migrator"
DUPLICATE_DATABASE = asyncpg.DuplicateDatabaseError


async def bootstrap(admin_url: str, passwords: dict[str, str]) -> None:
    """Make what is missing, set the passwords; may be run again at any time.

    `migrator` owns the schemas and changes tables; each service's own role may only read and write rows of its own
    schema. `passwords` has one for each of these roles.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        for role in (MIGRATOR, *SERVICES):
            await _make_role(connection, role, passwords[role])
        await connection.execute(f"GRANT {MIGRATOR} TO CURRENT_USER")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {MIGRATOR}")
        host = await connection.fetchval("SELECT current_database()")
    finally:
        await connection.close()
    inside = (
        await asyncpg.connect(admin_url, database=DATABASE) if host != DATABASE else await asyncpg.connect(admin_url)
    )
    try:
        await inside.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for service in SERVICES:
            await inside.execute(f"""
                GRANT CONNECT ON DATABASE {DATABASE} TO {service}, {MIGRATOR};
                CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {MIGRATOR};
                GRANT USAGE ON SCHEMA {service} TO {service};
                ALTER DEFAULT PRIVILEGES FOR ROLE {MIGRATOR} IN SCHEMA {service}
                    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {service};
                ALTER DEFAULT PRIVILEGES FOR ROLE {MIGRATOR} IN SCHEMA {service}
                    GRANT USAGE, SELECT ON SEQUENCES TO {service};
            """)
    finally:
        await inside.close()


async def _make_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    # Utility statements take no parameters; PostgreSQL quotes the password itself.
    quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(f"{'ALTER' if exists else 'CREATE'} ROLE {role} LOGIN PASSWORD {quoted}")
