"""What suppliers promised about findings: read, locked, listed, counted."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.commitments import MOOT, Standing
from services.audit.models import Finding, FindingCommitment, SupplierCopy
from shared.errors import NotFound

IS_OPEN = and_(FindingCommitment.kept_on.is_(None), FindingCommitment.withdrawn_on.is_(None))
STANDING: dict[Standing, ColumnElement[bool]] = {
    "open": IS_OPEN,
    "kept": FindingCommitment.kept_on.is_not(None),
    "withdrawn": FindingCommitment.withdrawn_on.is_not(None),
}


def _is_overdue(today: date) -> ColumnElement[bool]:
    """The commitments of which the domain says so; the query must have the finding."""
    return and_(IS_OPEN, FindingCommitment.due_on < today, Finding.status != MOOT)


async def lock_commitment(session: AsyncSession, finding_id: UUID, commitment_id: UUID) -> FindingCommitment:
    """The finding's commitment with that id, held until the transaction ends, or NotFound."""
    found = await session.get(FindingCommitment, commitment_id, with_for_update=True, populate_existing=True)
    if found is None or found.finding_id != finding_id:
        raise NotFound("No such commitment.")
    return found


async def find_commitment(session: AsyncSession, commitment_id: UUID) -> FindingCommitment | None:
    """The commitment with that id, of whichever finding, held until the transaction ends."""
    return await session.get(FindingCommitment, commitment_id, with_for_update=True, populate_existing=True)


async def get_row(session: AsyncSession, finding_id: UUID, commitment_id: UUID, today: date) -> Row[Any]:
    """The finding's commitment with what it is shown with, or NotFound."""
    query = commitments_matching(today=today, finding_id=finding_id).where(FindingCommitment.id == commitment_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("No such commitment.")
    return found


async def list_commitments(session: AsyncSession, finding_id: UUID) -> Sequence[FindingCommitment]:
    """All commitments about a finding, oldest first."""
    query = select(FindingCommitment).where(FindingCommitment.finding_id == finding_id).order_by(FindingCommitment.id)
    return (await session.scalars(query)).all()


async def count_open(session: AsyncSession, finding_id: UUID, today: date) -> tuple[int, int]:
    """How many commitments about a finding are open, and how many of these are overdue."""
    query = (
        select(func.count(), func.count().filter(_is_overdue(today)))
        .select_from(FindingCommitment)
        .join(Finding, Finding.id == FindingCommitment.finding_id)
        .where(FindingCommitment.finding_id == finding_id, IS_OPEN)
    )
    are_open, overdue = (await session.execute(query)).one()
    return are_open, overdue


def commitments_matching(
    *,
    today: date,
    finding_id: UUID | None = None,
    supplier_id: UUID | None = None,
    supplier_code: str | None = None,
    meeting: str | None = None,
    status: Standing | None = None,
    overdue: bool | None = None,
    due_before: date | None = None,
) -> Select[*tuple[Any, ...]]:
    """The query for a list of commitments, each with its finding's reference, status and supplier."""
    query: Select[*tuple[Any, ...]] = (
        select(
            FindingCommitment,
            FindingCommitment.id,
            Finding.finding_ref,
            Finding.supplier_id,
            Finding.status.label("finding_status"),
            Finding.version.label("finding_version"),
            SupplierCopy.code.label("supplier_code"),
        )
        .join(Finding, Finding.id == FindingCommitment.finding_id)
        .join(SupplierCopy, SupplierCopy.id == Finding.supplier_id)
    )
    for column, value in (
        (FindingCommitment.finding_id, finding_id),
        (Finding.supplier_id, supplier_id),
        (SupplierCopy.code, supplier_code),
        (FindingCommitment.meeting, meeting),
    ):
        if value is not None:
            query = query.where(column == value)
    if status is not None:
        query = query.where(STANDING[status])
    if overdue is not None:
        late = _is_overdue(today)
        query = query.where(late if overdue else not_(late))
    if due_before is not None:
        query = query.where(FindingCommitment.due_on < due_before)
    return query
