"""Findings with their transitions, extensions and plans: read, locked, listed, written in bulk."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, Table, func, insert, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.findings import UNMENDED
from services.audit.models import Finding, FindingExtension, FindingTransition, Plan, SupplierCopy
from shared.errors import NotFound

TABLE = cast("Table", Finding.__table__)
TRANSITION_TABLE = cast("Table", FindingTransition.__table__)
COLUMNS = tuple(column.key for column in TABLE.columns)


async def get_finding(session: AsyncSession, finding_id: UUID) -> Finding:
    """The finding with that id, or NotFound."""
    found = await session.get(Finding, finding_id)
    if found is None:
        raise NotFound("No such finding.")
    return found


async def lock_finding(session: AsyncSession, finding_id: UUID) -> Finding:
    """The finding with that id, held until the transaction ends, or NotFound."""
    found = await session.get(Finding, finding_id, with_for_update=True)
    if found is None:
        raise NotFound("No such finding.")
    return found


async def lock_findings_by_ref(session: AsyncSession, refs: Collection[str]) -> dict[str, Finding]:
    """The findings with these references, held until the transaction ends; always in the same order."""
    query = select(Finding).where(Finding.finding_ref == func.any(list(refs))).order_by(Finding.id).with_for_update()
    return {finding.finding_ref: finding for finding in (await session.scalars(query)).all()}


async def lock_findings_of_audits(session: AsyncSession, audit_ids: Collection[UUID]) -> Sequence[Finding]:
    """All findings of these audits, held until the transaction ends; always in the same order."""
    query = select(Finding).where(Finding.audit_id == func.any(list(audit_ids))).order_by(Finding.id).with_for_update()
    return (await session.scalars(query)).all()


async def ref_is_taken(session: AsyncSession, finding_ref: str) -> bool:
    """Whether there is a finding with that reference."""
    return await session.scalar(select(Finding.id).where(Finding.finding_ref == finding_ref)) is not None


async def list_transitions(session: AsyncSession, finding_ids: Collection[UUID]) -> dict[UUID, list[FindingTransition]]:
    """The transitions of each finding that has some, by day and then in the order of recording."""
    found: dict[UUID, list[FindingTransition]] = defaultdict(list)
    if finding_ids:
        query = (
            select(FindingTransition)
            .where(FindingTransition.finding_id == func.any(list(finding_ids)))
            .order_by(FindingTransition.finding_id, FindingTransition.on, FindingTransition.n)
        )
        for transition in await session.scalars(query):
            found[transition.finding_id].append(transition)
    return found


async def list_extensions(session: AsyncSession, finding_id: UUID) -> Sequence[FindingExtension]:
    """The extensions of a finding, in the order in which they were granted."""
    query = select(FindingExtension).where(FindingExtension.finding_id == finding_id).order_by(FindingExtension.n)
    return (await session.scalars(query)).all()


async def find_plan(session: AsyncSession, finding_id: UUID) -> Plan | None:
    """The plan that was submitted last, or None."""
    query = select(Plan).where(Plan.finding_id == finding_id).order_by(Plan.n.desc()).limit(1)
    found: Plan | None = await session.scalar(query)
    return found


async def add_findings(session: AsyncSession, findings: Sequence[Finding]) -> None:
    """Write new findings, in one statement whatever their number."""
    if findings:
        # Past the unit of work, which costs several times as much a row.
        rows = [{name: getattr(finding, name) for name in COLUMNS} for finding in findings]
        await session.execute(insert(TABLE), rows)


async def add_transitions(session: AsyncSession, transitions: Sequence[FindingTransition]) -> None:
    """Write new transitions, in one statement whatever their number."""
    if transitions:
        rows = [
            {name: getattr(transition, name) for name in ("finding_id", "n", "to", "on", "by", "reason")}
            for transition in transitions
        ]
        await session.execute(insert(TRANSITION_TABLE), rows)


def findings_matching(
    *,
    today: date,
    supplier_id: UUID | None = None,
    supplier_code: str | None = None,
    audit_id: UUID | None = None,
    finding_ref: str | None = None,
    provision: str | None = None,
    code_version: str | None = None,
    severity: str | None = None,
    status: str | None = None,
    overdue: bool | None = None,
) -> Select[*tuple[Any, ...]]:
    """The query for a list of findings, each with its supplier's code; `today` says what is overdue."""
    query: Select[*tuple[Any, ...]] = select(Finding, Finding.id, SupplierCopy.code.label("supplier_code")).join(
        SupplierCopy, SupplierCopy.id == Finding.supplier_id
    )
    for column, value in (
        (Finding.supplier_id, supplier_id),
        (SupplierCopy.code, supplier_code),
        (Finding.audit_id, audit_id),
        (Finding.finding_ref, finding_ref),
        (Finding.provision, provision),
        (Finding.code_version, code_version),
        (Finding.severity, severity),
        (Finding.status, status),
    ):
        if value is not None:
            query = query.where(column == value)
    if overdue is not None:
        late = Finding.status.in_(sorted(UNMENDED)) & (Finding.due_on < today)
        query = query.where(late if overdue else not_(late))
    return query
