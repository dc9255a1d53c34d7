"""Reading and locking simulations, and what they look at chunk by chunk."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.performance import Performance
from services.scoring.models.simulations import SimulatedChange, Simulation
from services.scoring.models.sourcing import Sourcing, SourcingLine
from shared.db import table_of
from shared.errors import NotFound

CHANGE = table_of(SimulatedChange)
SCORED = (SupplierCopy.superseded_pos.is_(None), SupplierCopy.id == SupplierCopy.scored_as)


async def get_simulation(session: AsyncSession, simulation_id: UUID) -> Simulation:
    """The simulation with that id, or NotFound."""
    found = await session.get(Simulation, simulation_id)
    if found is None:
        raise NotFound("No such simulation.")
    return found


async def lock_simulation(session: AsyncSession, simulation_id: UUID) -> Simulation:
    """The simulation with that id, held until the transaction ends."""
    return await session.get_one(Simulation, simulation_id, with_for_update=True)


def changes_of(simulation_id: UUID, **filters: Any) -> Select[*tuple[Any, ...]]:
    """The query for a simulation's changes; filters that are None are none."""
    query: Select[*tuple[Any, ...]] = select(CHANGE).where(CHANGE.c.simulation_id == simulation_id)
    for name, value in filters.items():
        if value is not None:
            query = query.where(CHANGE.c[name] == value)
    return query


async def count_scored(session: AsyncSession) -> int:
    """How many suppliers have a score of their own."""
    return int((await session.execute(select(func.count()).select_from(SupplierCopy).where(*SCORED))).scalar_one())


async def list_scored_after(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[UUID]:
    """The next suppliers that have a score of their own, in the order of their ids."""
    query = select(SupplierCopy.id).where(*SCORED).order_by(SupplierCopy.id).limit(limit)
    if after is not None:
        query = query.where(SupplierCopy.id > after)
    return (await session.scalars(query)).all()


async def list_codes(session: AsyncSession, supplier_ids: Collection[UUID]) -> Sequence[str]:
    """The codes of these suppliers, and of those that are merged into them."""
    query = select(SupplierCopy.code).where(
        SupplierCopy.scored_as == func.any(list(supplier_ids)), SupplierCopy.superseded_pos.is_(None)
    )
    return (await session.scalars(query)).all()


async def list_performance(session: AsyncSession, quarter: str, codes: Collection[str]) -> Sequence[Performance]:
    """What was reported of these suppliers in a quarter."""
    query = select(Performance).where(
        Performance.quarter == quarter, Performance.supplier_code == func.any(list(codes))
    )
    return (await session.scalars(query)).all()


async def list_sourced(session: AsyncSession, quarter: str, codes: Collection[str]) -> Sequence[str]:
    """Those of these suppliers that have a sourcing line in a quarter."""
    query = (
        select(SourcingLine.supplier_code)
        .join(Sourcing, Sourcing.id == SourcingLine.sourcing_id)
        .where(Sourcing.quarter == quarter, SourcingLine.supplier_code == func.any(list(codes)))
        .distinct()
    )
    return (await session.scalars(query)).all()


async def find_latest_quarter(session: AsyncSession, not_after: str) -> str | None:
    """The latest quarter up to one of which performance or sourcing is held, or None."""
    columns = (Performance.quarter, Sourcing.quarter)
    latest: list[str | None] = [
        (await session.execute(select(func.max(column)).where(column <= not_after))).scalar_one() for column in columns
    ]
    return max(filter(None, latest), default=None)
