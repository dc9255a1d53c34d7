"""Reading what allocations rest on: sourcing in stretches of commodities, their limits, and suppliers' ratings."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.reviews import Scorecard
from services.scoring.models.sourcing import Commodity, Sourcing, SourcingLine

COMMODITIES_AT_ONCE = 1000
LINES_AT_ONCE = 5000

LINE = (
    SourcingLine.supplier_code,
    SourcingLine.baseline_share,
    SourcingLine.capacity_share,
    SourcingLine.max_share,
    SourcingLine.min_share,
    SourcingLine.blocked,
)
RATED_BY = ("supplier_id", "total", "grade", "risk_tier", "basis", "priority_missed")


async def count_sourced(session: AsyncSession, quarter: str) -> int:
    """How many commodities have sourcing in a quarter."""
    query = select(func.count()).select_from(Sourcing).where(Sourcing.quarter == quarter)
    return int(await session.scalar(query) or 0)


async def list_next_sourced(
    session: AsyncSession, quarter: str, after: str, *, lines_at_once: int = LINES_AT_ONCE
) -> list[str]:
    """The next commodities with sourcing behind `after`, as many as have that many lines together (one at least)."""
    lines = select(func.count()).where(SourcingLine.sourcing_id == Sourcing.id).correlate(Sourcing).scalar_subquery()
    query = (
        select(Sourcing.commodity, lines.label("lines"))
        .where(Sourcing.quarter == quarter, Sourcing.commodity > after)
        .order_by(Sourcing.commodity)
        .limit(COMMODITIES_AT_ONCE)
    )
    chosen: list[str] = []
    total = 0
    for row in await session.execute(query):
        total += row.lines
        if chosen and total > lines_at_once:
            break
        chosen.append(row.commodity)
    return chosen


async def list_lines(session: AsyncSession, quarter: str, commodities: Collection[str]) -> Sequence[Any]:
    """The sourcing lines of these commodities, by commodity and supplier code."""
    query = (
        select(Sourcing.commodity, *LINE)
        .join(SourcingLine, SourcingLine.sourcing_id == Sourcing.id)
        .where(Sourcing.quarter == quarter, Sourcing.commodity == func.any(list(commodities)))
        # as the computation sorts: by code points, whatever the database's language
        .order_by(Sourcing.commodity, SourcingLine.supplier_code.collate("C"))
    )
    return (await session.execute(query)).all()


async def find_limits(session: AsyncSession, commodities: Collection[str]) -> dict[str, Any]:
    """Commodity -> its limits of concentration, where it has any."""
    query = select(Commodity.code, Commodity.largest_share, Commodity.least_sources).where(
        Commodity.code == func.any(list(commodities)),
        Commodity.largest_share.is_not(None) | Commodity.least_sources.is_not(None),
    )
    return {row.code: row for row in await session.execute(query)}


async def list_ratings(session: AsyncSession, qbr_id: UUID, supplier_ids: Collection[UUID]) -> Sequence[Any]:
    """What a review says of these suppliers, as far as allocations go by it."""
    query = select(*(getattr(Scorecard, name) for name in RATED_BY)).where(
        Scorecard.qbr_id == qbr_id, Scorecard.supplier_id == func.any(list(supplier_ids))
    )
    return (await session.execute(query)).all()


async def list_scorecards(session: AsyncSession, qbr_id: UUID, supplier_ids: Collection[UUID]) -> Sequence[Scorecard]:
    """These suppliers' whole scorecards in a review."""
    query = select(Scorecard).where(Scorecard.qbr_id == qbr_id, Scorecard.supplier_id == func.any(list(supplier_ids)))
    return (await session.scalars(query)).all()
