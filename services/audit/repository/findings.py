"""Findings with their transitions, extensions and plans: read, locked, listed, made ready to be written in bulk."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, not_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.findings import PLANLESS, UNMENDED
from services.audit.models import (
    Finding,
    FindingDraft,
    FindingExtension,
    FindingTransition,
    Plan,
    StoredFile,
    SupplierCopy,
    TransitionDraft,
)
from shared.db import Rows, table_of
from shared.errors import NotFound

TABLE = table_of(Finding)
TRANSITION_TABLE = table_of(FindingTransition)
COLUMNS = tuple(column.key for column in TABLE.columns)
# Plain text, since every finding that is written asks it; it sees nothing that is not flushed.
TAKEN = text("SELECT id FROM finding WHERE finding_ref = :finding_ref")
TRANSITION_COLUMNS = ("finding_id", "n", "to", "on", "by", "reason", "audit_id")


async def get_finding(session: AsyncSession, finding_id: UUID) -> Finding:
    """The finding with that id, or NotFound."""
    found = await session.get(Finding, finding_id)
    if found is None:
        raise NotFound("No such finding.")
    return found


async def lock_finding(session: AsyncSession, finding_id: UUID) -> Finding:
    """The finding with that id, held until the transaction ends, or NotFound."""
    found = await session.get(Finding, finding_id, with_for_update=True, populate_existing=True)
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
    return await session.scalar(TAKEN, {"finding_ref": finding_ref}) is not None


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


async def list_plans(session: AsyncSession, finding_id: UUID) -> Sequence[Plan]:
    """All plans that were submitted for a finding, oldest first."""
    return (await session.scalars(select(Plan).where(Plan.finding_id == finding_id).order_by(Plan.n))).all()


async def lock_findings_with_contact(session: AsyncSession, email: str) -> Sequence[Finding]:
    """The findings with a plan of that contact address, in any case, held until the transaction ends."""
    named = select(Plan.finding_id).where(func.lower(Plan.contact_email) == func.lower(email))
    query = select(Finding).where(Finding.id.in_(named)).order_by(Finding.id).with_for_update()
    return (await session.scalars(query)).all()


async def erase_contacts(session: AsyncSession, finding_ids: Collection[UUID], email: str) -> Sequence[UUID]:
    """Empty name and address in these findings' plans of that contact; a finding's id for each plan."""
    query = (
        update(Plan)
        .where(Plan.finding_id == func.any(list(finding_ids)), func.lower(Plan.contact_email) == func.lower(email))
        .values(contact_name=None, contact_email=None)
        .returning(Plan.finding_id)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(query)).all()


async def list_files(session: AsyncSession, finding_id: UUID) -> Sequence[StoredFile]:
    """What is known of a finding's files, in the order of their upload."""
    query = select(StoredFile).where(StoredFile.finding_id == finding_id).order_by(StoredFile.id)
    return (await session.scalars(query)).all()


def rows_of(findings: Sequence[FindingDraft], transitions: Sequence[TransitionDraft]) -> list[Rows]:
    """New findings and new transitions, of these or others, as `write_rows` takes them."""
    rows = [{name: getattr(finding, name) for name in COLUMNS} for finding in findings]
    steps = [{name: getattr(transition, name) for name in TRANSITION_COLUMNS} for transition in transitions]
    return [(TABLE, rows), (TRANSITION_TABLE, steps)]


def findings_matching(
    *,
    today: date,
    supplier_id: UUID | None = None,
    supplier_code: str | None = None,
    audit_id: UUID | None = None,
    finding_ref: str | None = None,
    provision: str | None = None,
    code_version: str | None = None,
    standard: str | None = None,
    severity: str | None = None,
    status: str | None = None,
    country: str | None = None,
    supply_tier: int | None = None,
    discovered_from: date | None = None,
    discovered_to: date | None = None,
    due_before: date | None = None,
    overdue: bool | None = None,
    plan_overdue: bool | None = None,
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
        (Finding.standard, standard),
        (Finding.severity, severity),
        (Finding.status, status),
        (SupplierCopy.country, country),
        (SupplierCopy.supply_tier, supply_tier),
    ):
        if value is not None:
            query = query.where(column == value)
    if discovered_from is not None:
        query = query.where(Finding.discovered_on >= discovered_from)
    if discovered_to is not None:
        query = query.where(Finding.discovered_on <= discovered_to)
    if due_before is not None:
        query = query.where(Finding.due_on < due_before)
    if overdue is not None:
        late = Finding.status.in_(sorted(UNMENDED)) & (Finding.due_on < today)
        query = query.where(late if overdue else not_(late))
    if plan_overdue is not None:
        late = Finding.status.in_(sorted(PLANLESS)) & (Finding.plan_due_on < today)
        query = query.where(late if plan_overdue else not_(late))
    return query
