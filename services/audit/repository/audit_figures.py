"""What an audit's figures are counted from: its findings, and the closure audits that follow it."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.audit.models import Audit, Finding, FindingTransition


class FindingCount(NamedTuple):
    """Findings that are not withdrawn: of the audit itself, or (not `own`) of closure audits that follow it.

    `left` of the `findings` are not verified as closed by a closure audit that still counts.
    """

    audit_id: UUID
    own: bool
    severity: str
    findings: int
    left: int


async def count_findings(session: AsyncSession, audit_ids: Collection[UUID]) -> Sequence[FindingCount]:
    """The findings of these audits and of those that follow them, in one statement whatever their number."""
    ids = list(audit_ids)
    bearing = union_all(
        select(Audit.id.label("audit_id"), Audit.id.label("found_by"), literal(True).label("own")).where(
            Audit.id == func.any(ids)
        ),
        select(Audit.follows_audit_id, Audit.id, literal(False)).where(Audit.follows_audit_id == func.any(ids)),
    ).subquery()
    closing = (
        select(FindingTransition.audit_id)
        .where(FindingTransition.finding_id == Finding.id, FindingTransition.to == "closed")
        .order_by(FindingTransition.on.desc(), FindingTransition.n.desc())
        .limit(1)
        .lateral()
    )
    verifying = aliased(Audit)
    verified = and_(Finding.status == "closed", verifying.id.is_not(None))
    query = (
        select(
            bearing.c.audit_id,
            bearing.c.own,
            Finding.severity,
            func.count(),
            func.count().filter(~verified),
        )
        .select_from(bearing)
        .join(Finding, Finding.audit_id == bearing.c.found_by)
        .outerjoin(closing, true())
        .outerjoin(verifying, and_(verifying.id == closing.c.audit_id, verifying.withdrawn_on.is_(None)))
        .where(Finding.status != "withdrawn")
        .group_by(bearing.c.audit_id, bearing.c.own, Finding.severity)
    )
    return [FindingCount(*row) for row in await session.execute(query)]


async def find_closure_scores(session: AsyncSession, audit_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """Audit id -> the score of the latest closure audit that follows it, is reported with one and not withdrawn."""
    query: Any = (
        select(Audit.follows_audit_id, Audit.score)
        .where(
            Audit.follows_audit_id == func.any(list(audit_ids)),
            Audit.report_received_on.is_not(None),
            Audit.score.is_not(None),
            Audit.withdrawn_on.is_(None),
        )
        .order_by(Audit.conducted_on, Audit.id)
    )
    # Of several the last one stays.
    return {row.follows_audit_id: row.score for row in await session.execute(query)}
