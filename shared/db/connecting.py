"""One engine per process, bound to the service's own schema: opened, looked after, closed."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg
from sqlalchemy import URL, Dialect, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from shared.db.plain_pool import PlainPool
from shared.reading_json import read_json

STATEMENT_SECONDS = 60
GRACE_SECONDS = 2
"""For how long after that the server may take to say that it ended a statement."""

CONNECTING_SECONDS = 5.0
TRUSTED_SECONDS = 1.0
"""For how long a connection that was just at work is taken to be there still."""
PLAIN_CONNECTIONS = 8

Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Begins a transaction that is committed at the end of its block, or rolled back as a whole."""


@dataclass(frozen=True, slots=True)
class Database:
    """A service's database: sessions for transactions, and for reads of one consistent snapshot."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    snapshots: async_sessionmaker[AsyncSession]
    _plain: PlainPool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end of the block, or rolled back as a whole."""
        async with self.sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def one_connection(self) -> AsyncIterator[Transactions]:
        """Begins transactions one after the other on the same connection, which is looked at only before the first.

        For many short ones in a row. A connection that breaks fails all that follow.
        """
        async with self.engine.connect() as connection:
            sessions = async_sessionmaker(connection, expire_on_commit=False)
            yield sessions.begin

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A read-only session in which all statements see the same state."""
        async with self.snapshots() as session:
            yield session

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of a single statement that only reads, in the driver's own words; it sees one state by itself.

        For reads so frequent that a session, its transaction and the ORM would cost many times what they cost. An
        OSError where the database fails for a reason that passes, DBAPIError for any other.
        """
        return await self._plain.fetch(statement, arguments)

    async def close(self) -> None:
        """Give every connection back."""
        await self._plain.close()
        await self.engine.dispose()


def as_address(url: str) -> URL:
    """What SQLAlchemy is told of a database: its name, for traces. How to reach it is `opening`'s business."""
    return URL.create("postgresql+asyncpg", database=unquote(urlsplit(url).path.removeprefix("/")) or None)


def opening(
    url: str, server_settings: Mapping[str, str], *, command_seconds: float | None = None
) -> Callable[[], Awaitable[Any]]:
    """What opens a connection for an engine; a command is given up after `command_seconds`.

    By asyncpg's own reading of the URL, since SQLAlchemy's does not know what is said of TLS (sslmode, sslrootcert)
    and of several hosts (target_session_attrs) in it.
    """

    async def open_connection() -> Any:
        return await asyncpg.connect(
            url,
            timeout=CONNECTING_SECONDS,
            command_timeout=command_seconds,
            server_settings=dict(server_settings),
        )

    return open_connection


def connect(
    url: str, schema: str, *, pool_size: int = 10, name: str = "", statement_seconds: int = STATEMENT_SECONDS
) -> Database:
    """The database at `url`, with `schema` as the only place where unqualified names are looked up.

    Nothing is opened until the first statement, so a process starts while PostgreSQL is still away. PostgreSQL ends a
    statement after `statement_seconds`; where it does not even say so, this side gives it up a moment later.
    """
    command_seconds = statement_seconds + GRACE_SECONDS
    settings = {
        "search_path": schema,
        "application_name": name or schema,
        "statement_timeout": str(statement_seconds * 1000),
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
        "jit": "off",  # short statements: compiling them costs more than running them
        # A page out of turn costs what it does on disks without an arm. By PostgreSQL's own figure, two thousand rows
        # among a hundred thousand are found by reading them all, again for each batch of a recalculation.
        "random_page_cost": "1.1",
    }
    engine = create_async_engine(
        as_address(url),
        async_creator=opening(url, settings, command_seconds=command_seconds),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        json_deserializer=read_json,
        hide_parameters=True,  # names, addresses and answers have no business in logs of errors
    )
    event.listen(engine.sync_engine, "checkin", _note_rest)
    event.listen(engine.sync_engine, "checkout", partial(_look_at, engine.dialect))
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(
        engine,
        async_sessionmaker(engine, expire_on_commit=False),
        async_sessionmaker(reading, expire_on_commit=False),
        PlainPool(
            url,
            settings,
            size=min(PLAIN_CONNECTIONS, pool_size),
            connect_seconds=CONNECTING_SECONDS,
            command_seconds=command_seconds,
        ),
    )


def _note_rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _look_at(
    dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Have a connection that is gone replaced before it is used.

    What the server closed is known at once. What vanished silently only an answer tells, which is three statements'
    worth of waiting: it is asked of those that have rested, not of those that were at work a moment ago.
    """
    rests_since = record.info.get("rests_since")
    if rests_since is None:
        return  # made just now: should it be gone already, the first statement says so in the database's own words
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
    if time.monotonic() - rests_since < TRUSTED_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, connection, None):
            raise InvalidatePoolError from error
        raise
