"""PostgreSQL: one engine per process, bound to the service's own schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

# Constraint names must be the same on every machine, or migrations could not name them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """An empty collection of tables with the project's constraint names."""
    return MetaData(naming_convention=NAMING)


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
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A read-only session in which all statements see the same state."""
        async with self.snapshots() as session:
            yield session

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


def connect(url: str, schema: str, *, pool_size: int = 10, name: str = "") -> Database:
    """The database at `url`, with `schema` as the only place where unqualified names are looked up.

    Nothing is opened until the first statement, so a process starts while PostgreSQL is still away.
    """
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={
            "timeout": 5,
            "server_settings": {
                "search_path": schema,
                "application_name": name or schema,
                "statement_timeout": "60000",
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
                "jit": "off",  # short statements: compiling them costs more than running them
            },
        },
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
