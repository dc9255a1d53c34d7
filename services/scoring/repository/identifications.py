"""Risk identifications: finding and locking them, whom they look at, and the risks that they hold."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Numeric, Row, Select, cast, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.identifications import IdentifiedRisk, RiskIdentification
from services.scoring.repository import suppliers
from shared.db import insert_rows, table_of
from shared.errors import Conflict, NotFound

RISK = table_of(IdentifiedRisk)


async def find_identification(
    session: AsyncSession, which: int | UUID, revision: int | None = None, *, frozen: bool = False
) -> RiskIdentification | None:
    """The one with that id, or that revision of a year, else its latest (of the frozen ones), or None."""
    wanted = RiskIdentification.year == which if isinstance(which, int) else RiskIdentification.id == which
    query = select(RiskIdentification).where(wanted)
    if revision is not None:
        query = query.where(RiskIdentification.revision == revision)
    if frozen:
        query = query.where(RiskIdentification.status == "frozen")
    return (await session.scalars(query.order_by(RiskIdentification.revision.desc()).limit(1))).one_or_none()


async def get_identification(session: AsyncSession, which: int | UUID, revision: int | None = None) -> Any:
    """The one with that id, or that revision of a year, else its latest, or NotFound."""
    found = await find_identification(session, which, revision)
    if found is None:
        raise _missing(which)
    return found


async def get_frozen(session: AsyncSession, which: int | UUID, revision: int | None = None) -> RiskIdentification:
    """The same of the frozen ones; Conflict where there is one that is not frozen: half of a run is nothing to see."""
    found = await find_identification(session, which, revision, frozen=True)
    if found is not None:
        return found
    other = await get_identification(session, which, revision)
    raise Conflict(f"The risk identification of {other.year} is {other.status}, not frozen.", code="not-frozen")


async def lock_latest(session: AsyncSession, year: int) -> RiskIdentification | None:
    """The latest revision, held until the transaction ends, or None."""
    query = select(RiskIdentification).where(RiskIdentification.year == year)
    query = query.order_by(RiskIdentification.revision.desc()).limit(1)
    return (await session.scalars(query.with_for_update())).one_or_none()


async def lock_identification(session: AsyncSession, identification_id: UUID) -> RiskIdentification:
    """The one with that id as it is now, held until the transaction ends."""
    return await session.get_one(RiskIdentification, identification_id, with_for_update=True, populate_existing=True)


async def count_suppliers(session: AsyncSession, registry_pos: int) -> int:
    """How many suppliers had a score of their own at that position of the registry's feed."""
    query = select(func.count()).select_from(SupplierCopy).where(suppliers.scored_at(registry_pos))
    return int((await session.execute(query)).scalar_one())


async def list_suppliers(
    session: AsyncSession, registry_pos: int, after: UUID | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The next of them by id."""
    copy = SupplierCopy
    query = select(copy.id, copy.code, copy.name, copy.country, copy.supply_tier, copy.status, copy.annual_spend)
    query = query.where(suppliers.scored_at(registry_pos))
    if after is not None:
        query = query.where(copy.id > after)
    return (await session.execute(query.order_by(copy.id).limit(limit))).all()


async def find_tiers(session: AsyncSession, identification_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """Supplier -> its risk tier in that run, for those that are in it."""
    query = select(IdentifiedRisk.supplier_id, IdentifiedRisk.risk_tier).where(
        IdentifiedRisk.identification_id == identification_id, IdentifiedRisk.supplier_id == func.any(list(ids))
    )
    return {row.supplier_id: row.risk_tier for row in await session.execute(query)}


async def get_risk(session: AsyncSession, identification_id: UUID, supplier_id: UUID) -> IdentifiedRisk:
    """A supplier's risks in that run, or NotFound."""
    found = await session.get(IdentifiedRisk, (identification_id, supplier_id))
    if found is None:
        raise NotFound("This supplier is not in that risk identification.")
    return found


async def insert_risks(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store suppliers' risks."""
    if rows:
        await session.execute(insert_rows(RISK, rows))


async def delete_risks(session: AsyncSession, identification_id: UUID, limit: int) -> int:
    """Remove some of what an attempt that failed has left behind; returns how many."""
    some = select(RISK.c.supplier_id).where(RISK.c.identification_id == identification_id).limit(limit)
    removed = await session.execute(
        delete(RISK).where(RISK.c.identification_id == identification_id, RISK.c.supplier_id.in_(some))
    )
    return removed.rowcount  # type: ignore[attr-defined,no-any-return,unused-ignore]


async def sum_up(
    session: AsyncSession, identification_id: UUID, categories: Sequence[str]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """For each supply tier and risk tier: how many suppliers, and the sum of each category."""
    sums = [func.sum(cast(IdentifiedRisk.categories[name].astext, Numeric)) for name in categories]
    query: Select[*tuple[Any, ...]] = (
        select(IdentifiedRisk.supply_tier, IdentifiedRisk.risk_tier, func.count(), *sums)
        .where(IdentifiedRisk.identification_id == identification_id)
        .group_by(IdentifiedRisk.supply_tier, IdentifiedRisk.risk_tier)
    )
    return (await session.execute(query)).all()


def risks_matching(
    identification_id: UUID,
    *,
    risk_tier: str | None,
    country: str | None,
    supply_tier: int | None,
    category: str | None,
    below: float | None,
    overridden: bool | None,
    q: str | None,
) -> Select[*tuple[Any, ...]]:
    """The query for a run's risks: `below` bounds the score of `category`, `q` looks into codes and names."""
    risk = IdentifiedRisk
    query: Select[*tuple[Any, ...]] = select(risk, risk.supplier_code, risk.supplier_id)
    query = query.where(risk.identification_id == identification_id)
    for column, value in ((risk.risk_tier, risk_tier), (risk.country, country), (risk.supply_tier, supply_tier)):
        if value is not None:
            query = query.where(column == value)
    if category is not None and below is not None:
        query = query.where(cast(risk.categories[category].astext, Float) < below)
    if overridden is not None:
        query = query.where(risk.override_tier.is_not(None) if overridden else risk.override_tier.is_(None))
    if q is not None:
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in (risk.supplier_code, risk.name))))
    return query


def _missing(which: int | UUID) -> NotFound:
    of_year = f" of {which}" if isinstance(which, int) else ""
    return NotFound(f"No such risk identification{of_year}.")
