"""Audits: read, locked, listed."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.audit.domain.audits import ASSESSING_NOTHING, AuditStatus, window_start
from services.audit.models import Audit, Finding, FindingTransition, SupplierCopy
from shared.errors import NotFound


async def get_audit(session: AsyncSession, audit_id: UUID) -> Audit:
    """The audit with that id, or NotFound."""
    found = await session.get(Audit, audit_id)
    if found is None:
        raise NotFound("No such audit.")
    return found


async def find_followed(session: AsyncSession, audit_id: UUID | None) -> UUID | None:
    """The id of the audit that this one follows, or None."""
    found: UUID | None = await session.scalar(select(Audit.follows_audit_id).where(Audit.id == audit_id))
    return found


class Bonds(NamedTuple):
    """What rests on an audit's kind and day: closure audits that follow it, and findings that it has closed itself."""

    closures: int
    first_closure_on: date | None
    first_closing_on: date | None


async def find_bonds(session: AsyncSession, audit_ids: Collection[UUID]) -> dict[UUID, Bonds]:
    """The bonds of each of these audits; withdrawn closure audits do not count."""
    closure = aliased(Audit)
    # By the supplier's findings, as no index leads from an audit to the steps that name it.
    first_closing_on = (
        select(func.min(FindingTransition.on))
        .join(Finding, Finding.id == FindingTransition.finding_id)
        .where(Finding.supplier_id == Audit.supplier_id, FindingTransition.audit_id == Audit.id)
        .scalar_subquery()
    )
    query = (
        select(
            Audit.id,
            func.count(closure.id),
            func.min(closure.conducted_on),
            case((Audit.kind == "closure", first_closing_on)),
        )
        .outerjoin(closure, and_(closure.follows_audit_id == Audit.id, closure.withdrawn_on.is_(None)))
        .where(Audit.id == func.any(list(audit_ids)))
        .group_by(Audit.id)
    )
    return {audit_id: Bonds(*bonds) for audit_id, *bonds in await session.execute(query)}


async def lock_audit(session: AsyncSession, audit_id: UUID, *, share: bool = False) -> Audit:
    """The audit, held until the transaction ends, or NotFound; with `share`, several may hold it unchanged."""
    found = (await lock_audits(session, [audit_id], share=share)).get(audit_id)
    if found is None:
        raise NotFound("No such audit.")
    return found


async def lock_audits(session: AsyncSession, ids: Collection[UUID], *, share: bool = False) -> dict[UUID, Audit]:
    """Those of the audits that there are, held until the transaction ends; always in the same order."""
    query = select(Audit).where(Audit.id == func.any(list(ids))).order_by(Audit.id).with_for_update(read=share)
    held = await session.scalars(query.execution_options(populate_existing=True))
    return {audit.id: audit for audit in held.all()}


async def lock_audits_by_ref(session: AsyncSession, refs: Collection[str]) -> dict[str, Audit]:
    """The audits with these references and those that they follow, held until the transaction ends; in one order."""
    named = aliased(Audit)
    followed = select(named.follows_audit_id).where(named.audit_ref == func.any(list(refs)))
    wanted = or_(Audit.audit_ref == func.any(list(refs)), Audit.id.in_(followed))
    query = select(Audit).where(wanted).order_by(Audit.id).with_for_update()
    return {audit.audit_ref: audit for audit in (await session.scalars(query)).all()}


class FollowedAudit(NamedTuple):
    """What findings take from their audit, and what says whether it takes findings."""

    audit_ref: str
    id: UUID
    supplier_id: UUID
    supplier_code: str
    site_code: str | None
    conducted_on: date | None
    report_received_on: date | None
    withdrawn_on: date | None


async def hold_followed_by_ref(session: AsyncSession, refs: Collection[str]) -> dict[str, FollowedAudit]:
    """What there is to follow of the audits with these references, unchanged until the transaction ends."""
    query = (
        select(
            Audit.audit_ref,
            Audit.id,
            Audit.supplier_id,
            SupplierCopy.code,
            Audit.site_code,
            Audit.conducted_on,
            Audit.report_received_on,
            Audit.withdrawn_on,
        )
        .join(SupplierCopy, SupplierCopy.id == Audit.supplier_id)
        .where(Audit.audit_ref == func.any(list(refs)))
        .order_by(Audit.id)
        .with_for_update(read=True, of=Audit)
    )
    held = (FollowedAudit(*row) for row in await session.execute(query))
    return {audit.audit_ref: audit for audit in held}


async def ref_is_taken(session: AsyncSession, audit_ref: str) -> bool:
    """Whether there is an audit with that reference."""
    return await session.scalar(select(Audit.id).where(Audit.audit_ref == audit_ref)) is not None


def audits_matching(
    *,
    today: date,
    supplier_id: UUID | None = None,
    supplier_code: str | None = None,
    audit_ref: str | None = None,
    kind: str | None = None,
    standard: str | None = None,
    site_code: str | None = None,
    outcome: str | None = None,
    follows_audit_id: UUID | None = None,
    status: AuditStatus | None = None,
    planned_from: date | None = None,
    planned_to: date | None = None,
    conducted_from: date | None = None,
    conducted_to: date | None = None,
    valid_on: date | None = None,
    expires_before: date | None = None,
) -> Select[*tuple[Any, ...]]:
    """The query for a list of audits, each with its supplier's code; `today` says which have expired."""
    query: Select[*tuple[Any, ...]] = select(Audit, Audit.id, SupplierCopy.code.label("supplier_code")).join(
        SupplierCopy, SupplierCopy.id == Audit.supplier_id
    )
    for column, value in (
        (Audit.supplier_id, supplier_id),
        (SupplierCopy.code, supplier_code),
        (Audit.audit_ref, audit_ref),
        (Audit.kind, kind),
        (Audit.standard, standard),
        (Audit.site_code, site_code),
        (Audit.outcome, outcome),
        (Audit.follows_audit_id, follows_audit_id),
    ):
        if value is not None:
            query = query.where(column == value)
    for day, first, last in (
        (Audit.planned_on, planned_from, planned_to),
        (Audit.conducted_on, conducted_from, conducted_to),
    ):
        if first is not None:
            query = query.where(day >= first)
        if last is not None:
            query = query.where(day <= last)
    if status is not None:
        query = query.where(_stands(status, today))
    if valid_on is not None:
        query = query.where(_counts_on(valid_on))
    if expires_before is not None:
        query = query.where(Audit.withdrawn_on.is_(None), _expired_by(expires_before))
    return query


def _expired_by(day: date) -> ColumnElement[bool]:
    """Whether an audit's last day lies before `day`; null where it is only planned."""
    return and_(Audit.kind.not_in(ASSESSING_NOTHING), Audit.conducted_on <= window_start(day))


def _counts_on(day: date) -> ColumnElement[bool]:
    return and_(
        Audit.kind.not_in(ASSESSING_NOTHING),
        Audit.conducted_on > window_start(day),
        Audit.conducted_on <= day,
        or_(Audit.withdrawn_on.is_(None), Audit.withdrawn_on > day),
    )


def _stands(status: AuditStatus, today: date) -> ColumnElement[bool]:
    """Whether an audit stands there, as `domain.audits.status_of` says it."""
    live = Audit.withdrawn_on.is_(None)
    match status:
        case "withdrawn":
            return ~live
        case "planned":
            return and_(live, Audit.conducted_on.is_(None))
        case "expired":
            return and_(live, _expired_by(today))
        case "reported":
            return and_(live, ~_expired_by(today), Audit.report_received_on.is_not(None))
        case "conducted":
            return and_(live, Audit.conducted_on.is_not(None), ~_expired_by(today), Audit.report_received_on.is_(None))
