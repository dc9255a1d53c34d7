"""What rules for audiences ask of this service's own tables: always whole sets, never one supplier at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Attendance, Event, FindingCopy, Invitation, SupplierCopy
from services.engagement.schemas.audiences import FindingsRule


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier as rules look at it."""

    id: UUID
    code: str
    kind: str
    status: str
    country: str | None
    supply_tier: int | None
    merged_into: UUID | None


async def list_suppliers(session: AsyncSession) -> list[Supplier]:
    """All suppliers known here, in the order of their codes."""
    copy = SupplierCopy
    columns = (copy.id, copy.code, copy.kind, copy.status, copy.country, copy.supply_tier, copy.merged_into)
    rows = await session.execute(select(*columns).order_by(copy.code, copy.id))
    return [Supplier(*row) for row in rows]


async def list_found(session: AsyncSession, rule: FindingsRule) -> Sequence[tuple[UUID, str, str]]:
    """(supplier, version of the code, provision) of the findings that the rule means."""
    columns = (FindingCopy.supplier_id, FindingCopy.code_version, FindingCopy.provision)
    query = select(*columns).distinct().where(FindingCopy.standard == rule.standard, FindingCopy.withdrawn_on.is_(None))
    if rule.provisions:
        query = query.where(FindingCopy.provision == func.any(rule.provisions))
    if rule.code_version is not None:
        query = query.where(FindingCopy.code_version == rule.code_version)
    if rule.first is not None:
        query = query.where(FindingCopy.discovered_on >= rule.first)
    if rule.last is not None:
        query = query.where(FindingCopy.discovered_on <= rule.last)
    if rule.only_open:
        query = query.where(FindingCopy.closed_on.is_(None))
    return [(row.supplier_id, row.code_version, row.provision) for row in await session.execute(query)]


async def refs_of_events(session: AsyncSession, event_ids: Collection[UUID]) -> dict[UUID, str]:
    """The references of those of these events that there are."""
    rows = await session.execute(select(Event.id, Event.event_ref).where(Event.id == func.any(list(event_ids))))
    return {row.id: row.event_ref for row in rows}


async def list_invited(session: AsyncSession, event_ids: Collection[UUID]) -> list[tuple[UUID, UUID, str]]:
    """(event, supplier, person) of the invitations to these events that are not withdrawn."""
    query = select(Invitation.event_id, Invitation.supplier_id, Invitation.person_ref).where(
        Invitation.event_id == func.any(list(event_ids)), Invitation.withdrawn_at.is_(None)
    )
    return [(row.event_id, row.supplier_id, row.person_ref) for row in await session.execute(query)]


async def list_there(session: AsyncSession, event_ids: Collection[UUID]) -> list[tuple[UUID, UUID, str | None]]:
    """(event, supplier, person) of the attendances of these events that are not withdrawn."""
    query = select(Attendance.event_id, Attendance.supplier_id, Attendance.person_ref).where(
        Attendance.event_id == func.any(list(event_ids)), Attendance.withdrawn_on.is_(None)
    )
    return [(row.event_id, row.supplier_id, row.person_ref) for row in await session.execute(query)]
