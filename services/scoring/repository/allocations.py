"""Reading, locking and writing allocations and their runs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.allocations import Allocation, AllocationLine, AllocationRun
from shared import holding
from shared.db import insert_rows, table_of
from shared.errors import NotFound
from shared.feed.tables import event

LIVE = ("approved", "overridden")
UNDECIDED = ("proposed", "override_pending")

allocation, allocation_line = table_of(Allocation), table_of(AllocationLine)

Row = Mapping[str, Any]
"""The columns of a row by their names in the table."""


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


async def supersede_undecided(
    session: AsyncSession, qbr_quarter: str, commodities: Collection[str]
) -> list[tuple[Row, list[Row]]]:
    """Let the undecided allocations of these commodities go; each as it was, with its lines."""
    query = (
        select(allocation)
        .where(allocation.c.qbr_quarter == qbr_quarter, allocation.c.status.in_(UNDECIDED))
        .where(allocation.c.commodity == func.any(list(commodities)))
        .order_by(allocation.c.id)
        .with_for_update()
    )
    found = [dict(row) for row in (await session.execute(query)).mappings()]
    if not found:
        return []
    ids = [row["id"] for row in found]
    lines: dict[UUID, list[Row]] = {each: [] for each in ids}
    of_those = select(allocation_line).where(allocation_line.c.allocation_id == func.any(ids))
    for line in (await session.execute(of_those)).mappings():
        lines[line["allocation_id"]].append(dict(line))
    await session.execute(
        update(allocation)
        .where(allocation.c.id == func.any(ids))
        .values(status="superseded", version=allocation.c.version + 1)
    )
    return [(row, lines[row["id"]]) for row in found]


async def add_allocations(session: AsyncSession, allocations: Sequence[Row], lines: Sequence[Row]) -> None:
    """Store new allocations and their lines, all with the same columns."""
    await session.execute(insert_rows(allocation, allocations))
    await session.execute(insert_rows(allocation_line, lines))


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
