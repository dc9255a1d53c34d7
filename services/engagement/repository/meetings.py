"""What support meetings treat and what was promised in them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Commitment, Event, FindingCopy, SupplierCopy, TreatedFinding
from shared.errors import NotFound


async def find_treated(session: AsyncSession, event_id: UUID, finding_id: UUID) -> TreatedFinding | None:
    """What the meeting says of the finding, held until the transaction ends; None where it does not treat it."""
    query = (
        select(TreatedFinding)
        .where(TreatedFinding.event_id == event_id, TreatedFinding.finding_id == finding_id)
        .with_for_update()
    )
    return (await session.scalars(query)).one_or_none()


def treated_findings(event_id: UUID, supplier_id: UUID | None) -> Select[*tuple[Any, ...]]:
    """The query for what a meeting treats, of one supplier where it is named."""
    query: Select[*tuple[Any, ...]] = (
        select(
            TreatedFinding,
            TreatedFinding.id,
            FindingCopy.standard,
            FindingCopy.code_version,
            FindingCopy.provision,
            FindingCopy.severity,
            FindingCopy.closed_on,
            FindingCopy.withdrawn_on.label("finding_withdrawn_on"),
            FindingCopy.pos.label("finding_pos"),
            SupplierCopy.code.label("supplier_code"),
        )
        .join(FindingCopy, FindingCopy.id == TreatedFinding.finding_id)
        .outerjoin(SupplierCopy, SupplierCopy.id == TreatedFinding.supplier_id)
        .where(TreatedFinding.event_id == event_id)
    )
    return query if supplier_id is None else query.where(TreatedFinding.supplier_id == supplier_id)


async def get_treated_row(session: AsyncSession, event_id: UUID, finding_id: UUID) -> Row[Any]:
    """What the meeting says of the finding, with what it is shown with, or NotFound."""
    query = treated_findings(event_id, None).where(TreatedFinding.finding_id == finding_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("The meeting does not treat this finding.")
    return found


async def has_commitments(session: AsyncSession, event_id: UUID, finding_id: UUID) -> bool:
    """Whether something was promised about the finding in the meeting that was not withdrawn."""
    promised = exists().where(
        Commitment.event_id == event_id, Commitment.finding_id == finding_id, Commitment.status != "withdrawn"
    )
    return bool(await session.scalar(select(promised)))


def _is_overdue(today: date) -> ColumnElement[bool]:
    """The commitments of which the domain says so; the query must have the finding's copy, or null in its place."""
    return and_(Commitment.status == "open", Commitment.due_on < today, FindingCopy.withdrawn_on.is_(None))


def commitments_matching(
    *,
    today: date,
    event_id: UUID | None = None,
    finding_id: UUID | None = None,
    supplier_id: UUID | None = None,
    status: str | None = None,
    overdue: bool | None = None,
    due_before: date | None = None,
) -> Select[*tuple[Any, ...]]:
    """The query for a list of commitments, each with its meeting's reference and day."""
    query: Select[*tuple[Any, ...]] = (
        select(
            Commitment,
            Commitment.id,
            Event.event_ref,
            Event.starts_at,
            FindingCopy.withdrawn_on.label("finding_withdrawn_on"),
            SupplierCopy.code.label("supplier_code"),
        )
        .join(Event, Event.id == Commitment.event_id)
        .outerjoin(FindingCopy, FindingCopy.id == Commitment.finding_id)
        .outerjoin(SupplierCopy, SupplierCopy.id == Commitment.supplier_id)
    )
    for column, value in (
        (Commitment.event_id, event_id),
        (Commitment.finding_id, finding_id),
        (Commitment.supplier_id, supplier_id),
        (Commitment.status, status),
    ):
        if value is not None:
            query = query.where(column == value)
    if overdue is not None:
        late = _is_overdue(today)
        query = query.where(late if overdue else not_(late))
    if due_before is not None:
        query = query.where(Commitment.due_on < due_before)
    return query


async def get_commitment_row(session: AsyncSession, event_id: UUID, commitment_id: UUID, today: date) -> Row[Any]:
    """The meeting's commitment with what it is shown with, or NotFound."""
    query = commitments_matching(today=today, event_id=event_id).where(Commitment.id == commitment_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("No such commitment.")
    return found


async def lock_commitment(session: AsyncSession, event_id: UUID, commitment_id: UUID) -> Commitment:
    """The meeting's commitment, held until the transaction ends, or NotFound."""
    found = await session.get(Commitment, commitment_id, with_for_update=True, populate_existing=True)
    if found is None or found.event_id != event_id:
        raise NotFound("No such commitment.")
    return found


async def lock_commitments(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Commitment]:
    """Those of these commitments that there are, held until the transaction ends; always in the same order."""
    query = select(Commitment).where(Commitment.id == func.any(list(ids))).order_by(Commitment.id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def lock_commitments_of(session: AsyncSession, event_ids: Collection[UUID]) -> Sequence[Commitment]:
    """All commitments of these meetings, held until the transaction ends; always in the same order."""
    query = (
        select(Commitment)
        .where(Commitment.event_id == func.any(list(event_ids)))
        .order_by(Commitment.id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()
