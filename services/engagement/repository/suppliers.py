"""The copies of suppliers."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import SupplierCopy
from services.engagement.schemas.suppliers import FoundSupplier, SupplierState

ASKED = 0
"""The position of a copy that was asked for: anything that the feed tells is newer."""


async def find_suppliers(
    session: AsyncSession, codes: Collection[str], ids: Collection[UUID]
) -> list[tuple[UUID, str]]:
    """(id, code) of the suppliers known here with one of these codes or ids."""
    query = select(SupplierCopy.id, SupplierCopy.code).where(
        or_(SupplierCopy.code == func.any(list(codes)), SupplierCopy.id == func.any(list(ids)))
    )
    return [(row.id, row.code) for row in await session.execute(query.order_by(SupplierCopy.pos))]


async def find_by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, UUID]:
    """The suppliers with these codes; merged ones count as the one that is left."""
    query = select(SupplierCopy.code, func.coalesce(SupplierCopy.merged_into, SupplierCopy.id).label("id")).where(
        SupplierCopy.code == func.any(list(codes))
    )
    return {row.code: row.id for row in await session.execute(query.order_by(SupplierCopy.pos))}


async def find_by_email_domain(session: AsyncSession, domains: Collection[str]) -> dict[str, frozenset[UUID]]:
    """The suppliers whose people have addresses in these domains; merged ones count as the one that is left."""
    query = select(SupplierCopy.email_domain, func.coalesce(SupplierCopy.merged_into, SupplierCopy.id)).where(
        SupplierCopy.email_domain == func.any(list(domains))
    )
    found: dict[str, set[UUID]] = {}
    for domain, supplier_id in await session.execute(query):
        found.setdefault(str(domain), set()).add(supplier_id)
    return {domain: frozenset(ids) for domain, ids in found.items()}


async def code_of(session: AsyncSession, supplier_id: UUID) -> str:
    """The code of a supplier that evidence here names."""
    query = select(SupplierCopy.code).where(SupplierCopy.id == supplier_id)
    return (await session.execute(query)).scalar_one()


async def keep_found(session: AsyncSession, found: Sequence[FoundSupplier]) -> None:
    """Keep copies of suppliers that were asked for, where the feed has not told of them meanwhile."""
    if found:
        values = [{"pos": ASKED, **supplier.model_dump()} for supplier in sorted(found, key=lambda one: one.id)]
        await session.execute(upsert(SupplierCopy).on_conflict_do_nothing(), values)


async def keep_told(session: AsyncSession, told: Sequence[tuple[UUID, int, SupplierState]]) -> None:
    """Keep (id, position, state) as the feed tells them; an older position never overwrites a newer one."""
    if not told:
        return
    statement = upsert(SupplierCopy)
    names = ("pos", *SupplierState.model_fields)
    newer = statement.on_conflict_do_update(
        index_elements=["id"],
        set_={name: statement.excluded[name] for name in names},
        where=SupplierCopy.pos < statement.excluded.pos,
    )
    values = [{"id": supplier_id, "pos": pos, **state.model_dump()} for supplier_id, pos, state in told]
    await session.execute(newer, values)
