"""Holding a natural key until the transaction ends, also while nothing is stored under it yet."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# One after the other and sorted, so that two transactions that want several keys never wait for each other.
_HOLD = text("""
    SELECT pg_advisory_xact_lock(key)
    FROM (SELECT DISTINCT hashtextextended(current_schema() || '.' || given, 0) AS key
          FROM unnest(CAST(:keys AS text[])) AS given ORDER BY key) AS sorted
""")


async def hold(session: AsyncSession, *parts: str) -> None:
    """Wait until nobody else holds the key made of `parts`, then hold it; to be the transaction's first lock."""
    await hold_all(session, [parts])


async def hold_all(session: AsyncSession, keys: Iterable[tuple[str, ...]]) -> None:
    """Hold several keys, each made of parts."""
    await session.execute(_HOLD, {"keys": ["\x1f".join(parts) for parts in keys]})
