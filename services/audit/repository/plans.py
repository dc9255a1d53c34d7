"""What a sheet of plans shows of many findings at once, and the findings that one comes back with."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Finding, FindingTransition, Plan, Provision

ProvisionKey = tuple[str, str, str]
"""Standard, version, code."""


async def lock_findings(session: AsyncSession, refs: Collection[str], supplier_id: UUID | None) -> dict[str, Finding]:
    """The findings with these references, of that supplier where one is named, held until the transaction ends."""
    query = select(Finding).where(Finding.finding_ref == func.any(list(refs)))
    if supplier_id is not None:
        query = query.where(Finding.supplier_id == supplier_id)
    found = await session.scalars(query.order_by(Finding.id).with_for_update())
    return {finding.finding_ref: finding for finding in found}


async def list_last_plans(session: AsyncSession, finding_ids: Collection[UUID]) -> dict[UUID, Plan]:
    """Of each finding that has one the plan that was submitted last."""
    query = (
        select(Plan)
        .where(Plan.finding_id == func.any(list(finding_ids)))
        .ext(distinct_on(Plan.finding_id))
        .order_by(Plan.finding_id, Plan.n.desc())
    )
    return {plan.finding_id: plan for plan in await session.scalars(query)}


async def list_rejections(session: AsyncSession, finding_ids: Collection[UUID]) -> dict[UUID, str | None]:
    """Of each finding with a rejected plan why the last of them was."""
    step = FindingTransition
    query = (
        select(step.finding_id, step.reason)
        .where(step.finding_id == func.any(list(finding_ids)), step.to == "plan_rejected")
        .ext(distinct_on(step.finding_id))
        .order_by(step.finding_id, step.n.desc())
    )
    return {row.finding_id: row.reason for row in await session.execute(query)}


async def list_titles(session: AsyncSession, keys: Collection[ProvisionKey]) -> dict[ProvisionKey, str]:
    """The titles of these provisions."""
    key: Any = tuple_(Provision.standard, Provision.version, Provision.code)
    query = select(Provision.standard, Provision.version, Provision.code, Provision.title)
    rows = await session.execute(query.where(key.in_(sorted(keys)))) if keys else ()
    return {(row.standard, row.version, row.code): row.title for row in rows}
