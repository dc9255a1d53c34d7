"""What the registry's feed has told of suppliers."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.evidence import SupplierCopy


def known_at(registry_pos: int | None) -> ColumnElement[bool]:
    """Whether a version of a supplier is the one known: now, or at a position of the registry's feed."""
    if registry_pos is None:
        return SupplierCopy.superseded_pos.is_(None)
    not_yet = or_(SupplierCopy.superseded_pos.is_(None), SupplierCopy.superseded_pos > registry_pos)
    return and_(SupplierCopy.pos <= registry_pos, not_yet)


def scored_at(registry_pos: int) -> ColumnElement[bool]:
    """Whether a version of a supplier is known at that position as one with a score of its own."""
    return and_(known_at(registry_pos), SupplierCopy.id == SupplierCopy.scored_as)


async def find_ids_by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, UUID]:
    """Code -> id of the suppliers known by now."""
    query = select(SupplierCopy.code, SupplierCopy.id).where(
        SupplierCopy.code == func.any(list(codes)), SupplierCopy.superseded_pos.is_(None)
    )
    return {row.code: row.id for row in await session.execute(query)}


async def list_scored_ids(session: AsyncSession) -> list[UUID]:
    """All suppliers that have a score of their own: those that are not merged into another."""
    query = select(SupplierCopy.id).where(
        SupplierCopy.superseded_pos.is_(None), SupplierCopy.id == SupplierCopy.scored_as
    )
    return list((await session.scalars(query.order_by(SupplierCopy.id))).all())


async def find_supplier(session: AsyncSession, supplier_id: UUID) -> Any | None:
    """The supplier as it is known now, or None."""
    query = select(SupplierCopy).where(SupplierCopy.id == supplier_id, SupplierCopy.superseded_pos.is_(None))
    return (await session.scalars(query)).one_or_none()
