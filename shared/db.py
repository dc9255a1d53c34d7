"""PostgreSQL: one engine per process, bound to the service's own schema."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import asyncpg
import orjson
from sqlalchemy import URL, Dialect, MetaData, Table, Text, TextClause, column, event, func, literal, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSON, Insert, dialect, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from shared.reading_json import read_json

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


TRUSTED_SECONDS = 1.0
"""For how long a connection that was just at work is taken to be there still."""
PLAIN_CONNECTIONS = 8
POSTGRES = dialect()  # type: ignore[no-untyped-call]

Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Begins a transaction that is committed at the end of its block, or rolled back as a whole."""


@dataclass(frozen=True, slots=True)
class Database:
    """A service's database: sessions for transactions, and for reads of one consistent snapshot."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    snapshots: async_sessionmaker[AsyncSession]
    _plain: "_PlainPool"

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
        OSError where the database fails for a reason that passes.
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


class _Unspoilt(asyncpg.Connection):  # type: ignore[misc]
    """A connection that nothing but single reading statements use, so that there is nothing to reset."""

    def get_reset_query(self) -> str:
        return ""


class _PlainPool:
    """A few connections beside the engine's, opened by the first plain read."""

    def __init__(self, url: str, settings: Mapping[str, str], size: int, command_seconds: float) -> None:
        self._open = lambda: asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            connection_class=_Unspoilt,
            timeout=CONNECTING_SECONDS,
            command_timeout=command_seconds,
            server_settings=dict(settings),
        )
        self._pool: asyncpg.Pool | None = None

    async def fetch(self, statement: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        if self._pool is None:
            self._pool = self._open()  # type: ignore[no-untyped-call]
        try:
            return cast("list[asyncpg.Record]", await (await self._pool).fetch(statement, *arguments))
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if str(getattr(error, "sqlstate", None) or PASSING_CLASSES[0]).startswith(PASSING_CLASSES):
                raise ConnectionError(f"PostgreSQL did not answer: {type(error).__name__}") from error
            raise

    async def close(self) -> None:
        """Give the connections back; as with the engine, the next read would open new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()


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
        _PlainPool(url, settings, min(PLAIN_CONNECTIONS, pool_size), command_seconds),
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


async def write_rows(session: AsyncSession, *given: tuple[Table, Sequence[Mapping[str, Any]]]) -> None:
    """New rows of one or several tables in one statement; all of a table's have the same columns, none of them binary.

    They travel as in `insert_rows`. The statement is put together once for each set of columns: to have SQLAlchemy do
    that each time cost half of writing a row.
    """
    filled = [(table, rows) for table, rows in given if rows]
    if filled:
        statement = _writing(tuple((table, tuple(rows[0])) for table, rows in filled))
        documents = {f"rows_{n}": orjson.dumps(rows, default=str).decode() for n, (_, rows) in enumerate(filled)}
        await session.execute(statement, documents)


@lru_cache(maxsize=256)
def _writing(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> TextClause:
    inserts = [_insert(n, table, names) for n, (table, names) in enumerate(shape)]
    before = ", ".join(f"written_{n} AS ({insert})" for n, insert in enumerate(inserts[:-1]))
    return text(f"WITH {before} {inserts[-1]}" if before else inserts[-1])


def _insert(n: int, table: Table, names: Sequence[str]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    types = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=POSTGRES)}' for name in names)
    given = f"json_to_recordset(CAST(:rows_{n} AS json)) AS given({types})"
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM {given}'  # noqa: S608  # names of our tables


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
