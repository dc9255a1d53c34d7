"""Holding a natural key until the transaction ends, also while nothing is stored under it yet."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || :key, 0))")


async def hold(session: AsyncSession, *parts: str) -> None:
    """Wait until nobody else holds the key made of `parts`, then hold it; to be the transaction's first lock."""
    await session.execute(_HOLD, {"key": "\x1f".join(parts)})
