"""One row by its id."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Base
from shared.errors import NotFound

Resource = TypeVar("Resource", bound=Base)


async def get(session: AsyncSession, resource: type[Resource], resource_id: UUID, what: str) -> Resource:
    """The row with that id, or NotFound."""
    found = await session.get(resource, resource_id)
    if found is None:
        raise NotFound(f"No such {what}.")
    return found


async def lock(session: AsyncSession, resource: type[Resource], resource_id: UUID, what: str) -> Resource:
    """The row with that id, held until the transaction ends, or NotFound."""
    found = await session.get(resource, resource_id, with_for_update=True)
    if found is None:
        raise NotFound(f"No such {what}.")
    return found
