"""Alembic's environment: runs the history of one service in its schema."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from migrations import locks
from migrations.histories import tables_of
from shared import db

config = context.config
service: str = config.attributes["service"]


def run(connection: Connection) -> None:
    """Apply the asked-for steps, each in a transaction of its own: what it locks is soon let go."""
    context.configure(
        connection=connection,
        target_metadata=tables_of(service),
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
        on_version_apply=config.attributes.get("on_version_apply", ()),
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Open a connection that sees only the service's schema; locks.GaveWay where others hold what a step needs."""
    engine = create_async_engine(
        db.as_address(config.attributes["url"]),
        async_creator=db.opening(
            config.attributes["url"],
            {
                "search_path": service,
                "timezone": "UTC",
                "application_name": "bellwether migrate",
                "lock_timeout": f"{locks.PATIENCE_MS}ms",
            },
        ),
        poolclass=pool.NullPool,
    )
    async with engine.connect() as connection, locks.watched(engine, connection) as wait:
        try:
            await connection.run_sync(run)
            await connection.commit()
        except DBAPIError as error:
            if locks.is_for_a_lock(error):
                raise locks.GaveWay(wait.text) from error
            raise
    await engine.dispose()


asyncio.run(connect_and_run())
