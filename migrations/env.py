"""Alembic's environment: runs the history of one service in its schema."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from migrations.histories import tables_of

config = context.config
service: str = config.attributes["service"]


def run(connection: Connection) -> None:
    """Apply the asked-for steps, all in one transaction, waiting at most 5 s for any lock."""
    context.configure(
        connection=connection,
        target_metadata=tables_of(service),
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


async def connect_and_run() -> None:
    """Open a connection that sees only the service's schema."""
    engine = create_async_engine(
        config.attributes["url"].replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=pool.NullPool,
        connect_args={"server_settings": {"search_path": service, "timezone": "UTC"}},
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_run())
