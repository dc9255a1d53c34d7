"""Reading and locking commodities and sourcing."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.sourcing import Commodity, Material, Sourcing, SourcingLine
from shared.errors import NotFound

Key = tuple[str, str]
"""A quarter and a commodity."""
MaterialKey = tuple[str, str, str]
"""A system, a material and a plant."""


async def get_commodity(session: AsyncSession, code: str) -> Commodity:
    """The commodity with that code, or NotFound."""
    found = (await session.scalars(select(Commodity).where(Commodity.code == code))).one_or_none()
    if found is None:
        raise NotFound("No such commodity.")
    return found


async def lock_commodities(session: AsyncSession, codes: Collection[str]) -> dict[str, Commodity]:
    """The commodities with these codes, held until the transaction ends."""
    query = (
        select(Commodity)
        .where(Commodity.code == func.any(list(codes)))
        .order_by(Commodity.id)
        .with_for_update(of=Commodity)
    )
    return {row.code: row for row in (await session.scalars(query)).all()}


async def find_material_owners(session: AsyncSession, keys: Collection[MaterialKey]) -> dict[MaterialKey, str]:
    """The code of the commodity that has each of these materials."""
    if not keys:
        return {}
    query = (
        select(Material.system, Material.material, Material.plant, Commodity.code)
        .join(Commodity, Commodity.id == Material.commodity_id)
        .where(tuple_(Material.system, Material.material, Material.plant).in_(list(keys)))
    )
    return {(row.system, row.material, row.plant): row.code for row in await session.execute(query)}


async def get_sourcing(session: AsyncSession, quarter: str, commodity: str) -> Sourcing:
    """A commodity's sourcing in a quarter, or NotFound."""
    query = select(Sourcing).where(Sourcing.quarter == quarter, Sourcing.commodity == commodity)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound(f"No sourcing of {commodity} in {quarter}.")
    return found


async def lock_sourcings(session: AsyncSession, keys: Collection[Key]) -> dict[Key, Sourcing]:
    """The sourcing with these keys, held until the transaction ends; always in the same order, against deadlocks."""
    query = (
        select(Sourcing)
        .where(tuple_(Sourcing.quarter, Sourcing.commodity).in_(list(keys)))
        .order_by(Sourcing.id)
        .with_for_update(of=Sourcing)
    )
    return {(row.quarter, row.commodity): row for row in (await session.scalars(query)).all()}


async def list_of_quarter(session: AsyncSession, quarter: str) -> Sequence[Sourcing]:
    """The sourcing of all commodities in a quarter."""
    query = select(Sourcing).where(Sourcing.quarter == quarter).order_by(Sourcing.commodity)
    return (await session.scalars(query)).all()


async def list_supplier_codes(session: AsyncSession, quarter: str) -> Sequence[str]:
    """The codes of all suppliers with a sourcing line in a quarter."""
    query = (
        select(SourcingLine.supplier_code)
        .join(Sourcing, Sourcing.id == SourcingLine.sourcing_id)
        .where(Sourcing.quarter == quarter)
        .distinct()
    )
    return (await session.scalars(query)).all()
