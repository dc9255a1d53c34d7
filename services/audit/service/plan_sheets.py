"""Findings with their plans as lines of a sheet."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.repository import plans as repository
from services.audit.schemas.plan_sheets import TO_FILL_IN, PlanLine

OF_THE_FINDING = ("finding_ref", "provision", "severity", "description", "due_on", "plan_due_on", "status")


async def plan_lines(session: AsyncSession, rows: Sequence[Any]) -> list[PlanLine]:
    """A line for each row of `findings_matching`, with as few statements for a thousand as for one."""
    ids = [row.Finding.id for row in rows]
    plans = await repository.list_last_plans(session, ids)
    reasons = await repository.list_rejections(session, ids)
    keys = {(row.Finding.standard, row.Finding.code_version, row.Finding.provision) for row in rows}
    titles = await repository.list_titles(session, keys)
    return [
        PlanLine(
            finding_id=finding.id,
            supplier_code=row.supplier_code,
            title=titles.get((finding.standard, finding.code_version, finding.provision)),
            reject_reason=reasons.get(finding.id),
            **{name: getattr(finding, name) for name in OF_THE_FINDING},
            **{name: getattr(plans.get(finding.id), name, None) for name in TO_FILL_IN},
        )
        for row in rows
        for finding in (row.Finding,)
    ]
