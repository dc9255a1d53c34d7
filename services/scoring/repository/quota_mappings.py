"""Reading what ERPs call commodities and suppliers."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.sourcing import Commodity, Material
from shared.feed.following import cursor


async def list_materials(session: AsyncSession, commodities: Collection[str]) -> dict[str, list[Material]]:
    """Commodity -> its materials, by system, material and plant."""
    query = (
        select(Commodity.code, Material)
        .join(Material, Material.commodity_id == Commodity.id)
        .where(Commodity.code == func.any(list(commodities)))
        .order_by(Material.system, Material.material, Material.plant)
    )
    found: dict[str, list[Material]] = {}
    for row in await session.execute(query):
        found.setdefault(row.code, []).append(row.Material)
    return found


async def list_vendor_numbers(
    session: AsyncSession, codes: Collection[str], scheme: str
) -> dict[tuple[str, str], list[str]]:
    """Supplier code and system -> what the system calls it, by the registry's identifiers of that scheme.

    By code: a supplier that is merged into another keeps its own vendor number, under which its orders run.
    """
    query = select(SupplierCopy.code, SupplierCopy.identifiers).where(
        SupplierCopy.code == func.any(list(codes)), SupplierCopy.superseded_pos.is_(None)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in await session.execute(query):
        for identifier in row.identifiers:
            if identifier["scheme"] == scheme:
                found.setdefault((row.code, identifier["system"]), []).append(identifier["value"])
    return found


async def find_registry_position(session: AsyncSession) -> int:
    """How far the registry's feed has been read; vendor numbers may have changed since another position."""
    position = await session.scalar(select(cursor.c.base + cursor.c.seq).where(cursor.c.source == "registry"))
    return 0 if position is None else int(position)
