"""PostgreSQL: one engine per process, bound to the service's own schema."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import asyncpg
import orjson
from sqlalchemy import URL, MetaData, Table, Text, column, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSON, Insert, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

STATEMENT_SECONDS = 60
GRACE_SECONDS = 2
"""For how long after that the server may take to say that it ended a statement."""

# Constraint names must be the same on every machine, or migrations could not name them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


CONNECTING_SECONDS = 5.0


def new_metadata() -> MetaData:
    """An empty collection of tables with the project's constraint names."""
    return MetaData(naming_convention=NAMING)


Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Begins a transaction that is committed at the end of its block, or rolled back as a whole."""


@dataclass(frozen=True, slots=True)
class Database:
    """A service's database: sessions for transactions, and for reads of one consistent snapshot."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    snapshots: async_sessionmaker[AsyncSession]

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

    async def close(self) -> None:
        """Give every connection back."""
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
    engine = create_async_engine(
        as_address(url),
        async_creator=opening(
            url,
            {
                "search_path": schema,
                "application_name": name or schema,
                "statement_timeout": str(statement_seconds * 1000),
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
                "jit": "off",  # short statements: compiling them costs more than running them
            },
            command_seconds=statement_seconds + GRACE_SECONDS,
        ),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # names, addresses and answers have no business in logs of errors
    )
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(
        engine,
        async_sessionmaker(engine, expire_on_commit=False),
        async_sessionmaker(reading, expire_on_commit=False),
    )


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table behind a model, for statements on many rows, where objects would only cost time."""
    return cast("Table", model.__table__)


def insert_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> Insert:
    """One INSERT of many rows that all have the same columns, none of them binary.

    They travel as a single JSON parameter: many times cheaper, in this process, than a set of parameters per row.
    """
    names = list(rows[0])
    document = orjson.dumps(rows, default=str).decode()
    given = (
        func.json_to_recordset(sql_cast(literal(document, Text), JSON))
        .table_valued(*[column(name, table.c[name].type) for name in names], name="given")
        .render_derived(with_types=True)
    )
    return insert(table).from_select(names, select(*[given.c[name] for name in names]))


QUERY_CANCELED = "57014"  # as where a statement takes too long
# Connection lost, let in no more (a password is being changed), rolled back for another's sake, out of resources, lock
# not available, stopped by an operator.
PASSING_CLASSES = ("08", "28", "40", "53", "55", "57")


def is_passing(error: Exception) -> bool:
    """Whether the database failed for a reason that the same work, done again, need not meet."""
    if isinstance(error, PoolTimeoutError | OSError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", "") or "")
    return error.connection_invalidated or not state or state.startswith(PASSING_CLASSES)


def may_have_committed(error: Exception) -> bool:
    """Whether the connection was lost on the way, perhaps after a commit whose success could not be told any more."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or not getattr(error.orig, "sqlstate", None)
    return isinstance(error, ConnectionResetError | BrokenPipeError)


def is_outage(error: Exception) -> bool:
    """Whether the database, and not the work, is to blame: the same work in smaller parts would fare no better."""
    return is_passing(error) and getattr(getattr(error, "orig", None), "sqlstate", None) != QUERY_CANCELED
