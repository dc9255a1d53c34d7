"""What the suppliers' scores are on a day, as known now: for whatever freezes a state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import days, qbr
from services.scoring.domain.evidence import Findings
from services.scoring.domain.policy import SEVERITIES
from services.scoring.repository import suppliers
from services.scoring.service import scoring
from services.scoring.service.policy.calendar import Calendar, read_calendar

PRIORITY = SEVERITIES.index("priority")


@dataclass(frozen=True, slots=True)
class Standing:
    """A supplier and its score on the day.

    `priority_missed`: a priority finding is overdue on the day, or implemented but not closed for longer than the
    policy allows after its due date. `policy_version` is the policy in force on the day.
    """

    supplier_id: UUID
    supplier_code: str
    name: str
    status: str
    score: float
    base: float
    risk_tier: str
    tier_reasons: Sequence[str]
    basis: str
    confidence: float
    categories: Mapping[str, float]
    credit: float
    priority_missed: bool
    policy_version: int
    country: str | None = None


async def read_standings(
    session: AsyncSession,
    day: date,
    supplier_ids: Sequence[UUID] | None = None,
    *,
    calendar: Calendar | None = None,
) -> dict[UUID, Standing]:
    """The standing of these suppliers (all that the registry knows, where none are named), from one snapshot.

    Suppliers merged into another have none of their own. The session must be a snapshot. `calendar` stands in for the
    published policies.
    """
    wanted = await suppliers.list_scored_ids(session) if supplier_ids is None else list(supplier_ids)
    calendar = calendar or await read_calendar(session)
    rules = calendar.on(day).qbr
    standings: dict[UUID, Standing] = {}
    for start in range(0, len(wanted), scoring.BATCH):
        batch, computed = await scoring.compute(session, wanted[start : start + scoring.BATCH], day, calendar)
        missed = _priority_missed(batch.evidence.findings, day, batch.evidence.suppliers, rules)
        for supplier_id, known in batch.known.items():
            values = scoring.score_values(batch, computed, known.row, day, calendar, datetime.now(UTC))
            standings[supplier_id] = Standing(
                supplier_id=supplier_id,
                supplier_code=known.code,
                name=known.name,
                status=known.status,
                country=known.country,
                categories=scoring.categories_by_name(values, calendar),
                priority_missed=bool(missed[known.row]),
                **{
                    name: values[name]
                    for name in (
                        "score", "base", "risk_tier", "tier_reasons", "basis", "confidence", "credit", "policy_version",
                    )
                },
            )  # fmt: skip
    return standings


def _priority_missed(findings: Findings, day: date, rows: int, rules: qbr.QbrConstants) -> NDArray[np.bool_]:
    """For each supplier, whether it missed a priority finding."""
    priority = findings.severity == PRIORITY
    missed = qbr.priority_missed(
        due_on=_dates(findings.due_on[priority]),
        on=day,
        discovered_on=_dates(findings.discovered_on[priority]),
        implemented_on=_dates(findings.implemented_on[priority]),
        closed_on=_dates(findings.closed_on[priority]),
        withdrawn_on=_dates(findings.withdrawn_on[priority]),
        constants=rules,
    )
    by_supplier = np.zeros(rows, dtype=np.bool_)
    by_supplier[findings.supplier[priority][missed]] = True
    return by_supplier


def _dates(column: days.Days) -> NDArray[np.datetime64]:
    """Days as NumPy's own dates, NaT where there is none."""
    dates = column.astype("datetime64[D]")
    dates[column == days.ABSENT] = np.datetime64("NaT")
    return dates
