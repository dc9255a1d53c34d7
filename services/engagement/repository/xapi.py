"""Statements of learning systems that were taken in."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import XapiStatement


async def find_digests(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """Statement id -> digest, for those that were taken in."""
    query = select(XapiStatement.id, XapiStatement.digest).where(XapiStatement.id == func.any(list(ids)))
    return {row.id: row.digest for row in await session.execute(query)}
