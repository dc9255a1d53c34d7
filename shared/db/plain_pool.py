"""Connections for single statements that only read, beside the engine's."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import asyncpg
from sqlalchemy.exc import DBAPIError

from shared.db.failures import PASSING_CLASSES


class _Unspoilt(asyncpg.Connection):  # type: ignore[misc]
    """A connection that nothing but single reading statements use, so that there is nothing to reset."""

    def get_reset_query(self) -> str:
        return ""


class PlainPool:
    """A few connections, opened by the first read."""

    def __init__(
        self, url: str, settings: Mapping[str, str], *, size: int, connect_seconds: float, command_seconds: float
    ) -> None:
        """Prepare; nothing is opened yet."""
        self._open = lambda: asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            connection_class=_Unspoilt,
            timeout=connect_seconds,
            command_timeout=command_seconds,
            server_settings=dict(settings),
        )
        self._pool: asyncpg.Pool | None = None

    async def fetch(self, statement: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """The rows of a statement; OSError where it failed for a reason that passes, DBAPIError for any other."""
        if self._pool is None:
            self._pool = self._open()  # type: ignore[no-untyped-call]
        try:
            return cast("list[asyncpg.Record]", await (await self._pool).fetch(statement, *arguments))
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if str(getattr(error, "sqlstate", None) or PASSING_CLASSES[0]).startswith(PASSING_CLASSES):
                raise ConnectionError(f"PostgreSQL did not answer: {type(error).__name__}") from error
            # As the engine would say it, so that callers are told the same, such as of a NUL that no text may hold.
            raise DBAPIError(statement, None, error, hide_parameters=True) from error

    async def close(self) -> None:
        """Give the connections back; as with the engine, the next read would open new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()
