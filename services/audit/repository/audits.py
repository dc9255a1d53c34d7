"""Audits: read, locked, listed."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Audit, SupplierCopy
from shared.errors import NotFound


async def get_audit(session: AsyncSession, audit_id: UUID) -> Audit:
    """The audit with that id, or NotFound."""
    found = await session.get(Audit, audit_id)
    if found is None:
        raise NotFound("No such audit.")
    return found


async def lock_audit(session: AsyncSession, audit_id: UUID, *, share: bool = False) -> Audit:
    """The audit, held until the transaction ends, or NotFound; with `share`, several may hold it unchanged."""
    query = select(Audit).where(Audit.id == audit_id).with_for_update(read=share)
    found = await session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("No such audit.")
    return found


async def lock_audits_by_ref(session: AsyncSession, refs: Collection[str], *, share: bool = False) -> dict[str, Audit]:
    """The audits with these references, held until the transaction ends; always in the same order."""
    query = select(Audit).where(Audit.audit_ref == func.any(list(refs))).order_by(Audit.id).with_for_update(read=share)
    return {audit.audit_ref: audit for audit in (await session.scalars(query)).all()}


async def ref_is_taken(session: AsyncSession, audit_ref: str) -> bool:
    """Whether there is an audit with that reference."""
    return await session.scalar(select(Audit.id).where(Audit.audit_ref == audit_ref)) is not None


def audits_matching(
    *,
    supplier_id: UUID | None,
    supplier_code: str | None,
    audit_ref: str | None,
    kind: str | None,
    standard: str | None,
    site_code: str | None,
    outcome: str | None,
    conducted_from: date | None,
    conducted_to: date | None,
) -> Select[*tuple[Any, ...]]:
    """The query for a list of audits, each with its supplier's code."""
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
    ):
        if value is not None:
            query = query.where(column == value)
    if conducted_from is not None:
        query = query.where(Audit.conducted_on >= conducted_from)
    if conducted_to is not None:
        query = query.where(Audit.conducted_on <= conducted_to)
    return query
