"""Reading and locking allocations and their runs."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.allocations import Allocation, AllocationRun
from shared import holding
from shared.errors import NotFound
from shared.feed.tables import event

LIVE = ("approved", "overridden")


async def get_run(session: AsyncSession, run_id: UUID) -> AllocationRun:
    """The run with that id, or NotFound."""
    found = await session.get(AllocationRun, run_id)
    if found is None:
        raise NotFound("No such allocation run.")
    return found


async def lock_run(session: AsyncSession, run_id: UUID) -> AllocationRun:
    """The run with that id, held until the transaction ends."""
    return await session.get_one(AllocationRun, run_id, with_for_update=True)


async def get_allocation(session: AsyncSession, allocation_id: UUID) -> Allocation:
    """The allocation with that id, or NotFound."""
    found = await session.get(Allocation, allocation_id)
    if found is None:
        raise NotFound("No such allocation.")
    return found


async def hold_quarter(session: AsyncSession, qbr_quarter: str) -> None:
    """Be the only one who proposes or decides in this quarter, until the transaction ends; its first lock."""
    await holding.hold(session, "allocation", qbr_quarter)


async def lock_allocation(session: AsyncSession, allocation_id: UUID) -> Allocation:
    """The allocation with that id and its whole quarter, held until the transaction ends, or NotFound."""
    quarter = await session.scalar(select(Allocation.qbr_quarter).where(Allocation.id == allocation_id))
    if quarter is None:
        raise NotFound("No such allocation.")
    await hold_quarter(session, quarter)
    return await session.get_one(Allocation, allocation_id, with_for_update={"of": Allocation})


async def lock_proposed(session: AsyncSession, qbr_quarter: str, commodities: Collection[str]) -> Sequence[Allocation]:
    """The undecided proposals for these commodities, held until the transaction ends."""
    query = (
        select(Allocation)
        .where(Allocation.qbr_quarter == qbr_quarter, Allocation.status == "proposed")
        .where(Allocation.commodity == func.any(list(commodities)))
        .order_by(Allocation.id)
        .with_for_update(of=Allocation)
    )
    return (await session.scalars(query)).all()


async def lock_live(session: AsyncSession, qbr_quarter: str, commodity: str) -> Allocation | None:
    """The approved or overridden allocation of a commodity in a quarter, held until the transaction ends."""
    query = (
        select(Allocation)
        .where(Allocation.qbr_quarter == qbr_quarter, Allocation.commodity == commodity, Allocation.status.in_(LIVE))
        .with_for_update(of=Allocation)
    )
    return (await session.scalars(query)).one_or_none()


def allocations_matching(
    *, quarter: str | None, commodity: str | None, status: str | None, after: int, head: int
) -> Select[*tuple[Any, ...]]:
    """The query for a list of allocations whose last change of status lies in the feed behind `after`, up to `head`.

    `approved` takes in the overridden ones, which are approved with other shares. Each change of status is one event
    with the allocation's version; the newest event of a resource is never pruned.
    """
    query: Select[*tuple[Any, ...]] = (
        select(Allocation, event.c.feed_seq)
        .join(
            event,
            and_(
                event.c.resource_id == Allocation.id,
                event.c.resource == "allocation",
                event.c.version == Allocation.version,
            ),
        )
        .where(event.c.feed_seq > after, event.c.feed_seq <= head)
    )
    if quarter is not None:
        query = query.where(Allocation.qbr_quarter == quarter)
    if commodity is not None:
        query = query.where(Allocation.commodity == commodity)
    if status is not None:
        query = query.where(Allocation.status.in_(LIVE if status == "approved" else (status,)))
    return query
