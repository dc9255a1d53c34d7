"""Finding tier overrides: by the day on which they are in force, and by the supplier that is scored."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.tier_overrides import STRICTNESS
from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.overrides import TierOverride
from services.scoring.repository import suppliers
from shared.errors import NotFound


def in_force(day: date, known_at: datetime | None = None) -> ColumnElement[bool]:
    """Whether an override holds on `day`: as known now, or as it was known at a moment.

    One that is withdrawn holds no more on the day of its withdrawal, and goes on having held on the days before.
    """
    ends_later = cast(TierOverride.withdrawn_at, Date) > day
    holds = and_(TierOverride.valid_from <= day, TierOverride.valid_until >= day)
    if known_at is None:
        return and_(holds, or_(TierOverride.withdrawn_at.is_(None), ends_later))
    unwithdrawn = or_(TierOverride.withdrawn_at.is_(None), TierOverride.withdrawn_at > known_at, ends_later)
    return and_(holds, TierOverride.created_at <= known_at, unwithdrawn)


async def find_in_force(
    session: AsyncSession,
    supplier_ids: Collection[UUID],
    day: date,
    *,
    known_at: datetime | None = None,
    registry_pos: int | None = None,
) -> dict[UUID, TierOverride]:
    """Scored supplier -> the override that shows beside its tier on `day`, for those that have one.

    An override of a supplier that was merged shows with the survivor, as its evidence does; merges are those known now,
    or at a position of the registry's feed. Where merging brought several together, the survivor's own comes first,
    then the strictest.
    """
    query = (
        select(TierOverride, SupplierCopy.scored_as)
        .join(SupplierCopy, and_(SupplierCopy.id == TierOverride.supplier_id, suppliers.known_at(registry_pos)))
        .where(SupplierCopy.scored_as == func.any(list(supplier_ids)), in_force(day, known_at))
    )
    rows = (await session.execute(query)).all()
    shown: dict[UUID, TierOverride] = {}
    for override, scored_as in sorted(rows, key=lambda row: _precedence(row.TierOverride, row.scored_as)):
        shown[UUID(str(scored_as))] = override
    return shown


def scored_with_override(day: date) -> Select[*tuple[Any, ...]]:
    """The query for the suppliers beside whose tier an override shows on `day`."""
    return (
        select(SupplierCopy.scored_as)
        .join(TierOverride, TierOverride.supplier_id == SupplierCopy.id)
        .where(SupplierCopy.superseded_pos.is_(None), in_force(day))
    )


def overrides_with_suppliers() -> Select[*tuple[Any, ...]]:
    """The query for overrides, each with what the registry tells of its supplier."""
    return select(
        TierOverride,
        TierOverride.id,
        SupplierCopy.code.label("supplier_code"),
        SupplierCopy.scored_as,
        SupplierCopy.pos.label("registry_pos"),
    ).join(SupplierCopy, and_(SupplierCopy.id == TierOverride.supplier_id, SupplierCopy.superseded_pos.is_(None)))


async def get_with_supplier(session: AsyncSession, override_id: UUID) -> Any:
    """The override with that id and its supplier, or NotFound."""
    row = (await session.execute(overrides_with_suppliers().where(TierOverride.id == override_id))).one_or_none()
    if row is None:
        raise _missing()
    return row


async def lock_override(session: AsyncSession, override_id: UUID) -> TierOverride:
    """The override with that id, held until the transaction ends, or NotFound."""
    found = await session.get(TierOverride, override_id, with_for_update=True)
    if found is None:
        raise _missing()
    return found


async def find_overlapping(session: AsyncSession, scored_as: UUID, first: date, last: date) -> TierOverride | None:
    """An override, not withdrawn, that holds on one of these days beside the score of this supplier, or None."""
    query = (
        select(TierOverride)
        .join(SupplierCopy, and_(SupplierCopy.id == TierOverride.supplier_id, SupplierCopy.superseded_pos.is_(None)))
        .where(
            SupplierCopy.scored_as == scored_as,
            TierOverride.withdrawn_at.is_(None),
            TierOverride.valid_from <= last,
            TierOverride.valid_until >= first,
        )
        .order_by(TierOverride.valid_from)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


def _precedence(override: TierOverride, scored_as: UUID) -> tuple[bool, int, UUID]:
    return override.supplier_id == scored_as, STRICTNESS[override.risk_tier], override.id


def _missing() -> NotFound:
    return NotFound("No such tier override.")
