"""Reading and locking performance rows."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.performance import Performance
from shared.errors import NotFound

Key = tuple[str, str]
"""A quarter and a supplier code."""


async def get_performance(session: AsyncSession, quarter: str, supplier_code: str) -> Performance:
    """A supplier's figures of a quarter, or NotFound."""
    query = select(Performance).where(Performance.quarter == quarter, Performance.supplier_code == supplier_code)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound(f"No performance of {supplier_code} in {quarter}.")
    return found


async def lock_performances(session: AsyncSession, keys: Collection[Key]) -> dict[Key, Performance]:
    """The rows with these keys, held until the transaction ends; always in the same order, against deadlocks."""
    query = (
        select(Performance)
        .where(tuple_(Performance.quarter, Performance.supplier_code).in_(list(keys)))
        .order_by(Performance.id)
        .with_for_update()
    )
    return {(row.quarter, row.supplier_code): row for row in (await session.scalars(query)).all()}


async def list_of_quarter(session: AsyncSession, quarter: str) -> Sequence[Performance]:
    """Everybody's figures of a quarter."""
    query = select(Performance).where(Performance.quarter == quarter).order_by(Performance.supplier_code)
    return (await session.scalars(query)).all()
