"""What is known of files: read, locked, listed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import StoredFile
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class Owner:
    """What a file belongs to: a finding or a supplier's response to a survey, exactly one of them."""

    finding_id: UUID | None = None
    response_id: UUID | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Holds for the owner's files."""
        if self.finding_id is not None:
            return StoredFile.finding_id == self.finding_id
        return StoredFile.response_id == self.response_id


def files_of(owner: Owner) -> Select[*tuple[Any, ...]]:
    """The query for an owner's files, withdrawn ones included."""
    return select(StoredFile, StoredFile.id).where(owner.condition)


async def get_file(session: AsyncSession, owner: Owner, file_id: UUID) -> StoredFile:
    """The owner's file with that id, or NotFound."""
    found: StoredFile | None = await session.scalar(select(StoredFile).where(StoredFile.id == file_id, owner.condition))
    if found is None:
        raise NotFound("No such file.")
    return found


async def lock_file(session: AsyncSession, owner: Owner, file_id: UUID) -> StoredFile:
    """The owner's file with that id, held until the transaction ends, or NotFound."""
    found: StoredFile | None = await session.scalar(
        select(StoredFile).where(StoredFile.id == file_id, owner.condition).with_for_update()
    )
    if found is None:
        raise NotFound("No such file.")
    return found


async def find_live_by_content(session: AsyncSession, owner: Owner, sha256: str, media_type: str) -> StoredFile | None:
    """The owner's file with that content that is not withdrawn, or None."""
    found: StoredFile | None = await session.scalar(
        select(StoredFile).where(
            owner.condition,
            StoredFile.withdrawn_at.is_(None),
            StoredFile.sha256 == sha256,
            StoredFile.media_type == media_type,
        )
    )
    return found


async def count_files(session: AsyncSession, owner: Owner) -> tuple[int, int]:
    """How many of the owner's files are not withdrawn, and how many there are with those that are."""
    live = func.count().filter(StoredFile.withdrawn_at.is_(None))
    row = (await session.execute(select(live, func.count()).select_from(StoredFile).where(owner.condition))).one()
    return row[0], row[1]


async def list_live_ids(session: AsyncSession, response_id: UUID) -> set[UUID]:
    """The ids of a response's files that are not withdrawn: what an answer may refer to."""
    query = select(StoredFile.id).where(StoredFile.response_id == response_id, StoredFile.withdrawn_at.is_(None))
    # The driver has a kind of UUID of its own.
    return {UUID(str(found)) for found in await session.scalars(query)}


async def list_with_content(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Those of `ids` that are files whose content is to be kept."""
    query = select(StoredFile.id).where(StoredFile.id == func.any(list(ids)), StoredFile.erased_at.is_(None))
    return {UUID(str(found)) for found in await session.scalars(query)}
