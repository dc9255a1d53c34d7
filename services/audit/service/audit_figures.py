"""The figures that follow from audits, their findings and the day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import audits, vap_scores
from services.audit.domain.audits import AuditStatus
from services.audit.domain.recognition import RECOGNISED_KINDS, Recognition, recognise
from services.audit.domain.vap_scores import ComputedScore, Criteria
from services.audit.models import Audit
from services.audit.repository import audit_figures as repository


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """What is computed of an audit; `score_difference` is the reported score less the computed one."""

    status: AuditStatus
    valid_until: date | None
    criteria: Criteria | None
    computed: ComputedScore | None
    score_difference: Decimal | None
    recognition: Recognition | None


async def read_figures(session: AsyncSession, held: Sequence[Audit], day: date) -> dict[UUID, AuditFigures]:
    """The figures of each audit on `day`, with as many statements for one as for a page of them."""
    own: dict[UUID, dict[str, int]] = defaultdict(dict)
    left: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for count in await repository.count_findings(session, [audit.id for audit in held]):
        left[count.audit_id][count.severity] += count.left
        if count.own:
            own[count.audit_id][count.severity] = count.findings
    recognised = [audit.id for audit in held if audit.kind in RECOGNISED_KINDS]
    scores = await repository.find_closure_scores(session, recognised) if recognised else {}
    figures = {}
    for audit in held:
        criteria = criteria_of(audit)
        profile = vap_scores.PROFILES[audit.score_profile]
        computed = vap_scores.compute(profile, criteria, own[audit.id]) if criteria else None
        status, valid_until = audits.status_of(audit, day), audits.valid_until(audit)
        figures[audit.id] = AuditFigures(
            status=status,
            valid_until=valid_until,
            criteria=criteria,
            computed=computed,
            score_difference=None if audit.score is None or computed is None else audit.score - computed.score,
            recognition=recognise(status, valid_until, scores.get(audit.id, audit.score), left[audit.id])
            if audit.kind in RECOGNISED_KINDS
            else None,
        )
    return figures


def criteria_of(audit: Audit) -> Criteria | None:
    """The audit's criteria, or None where they are not known."""
    if audit.criteria_total is None or audit.criteria_not_applicable is None or audit.criteria_conforming is None:
        return None
    return Criteria(audit.criteria_total, audit.criteria_not_applicable, audit.criteria_conforming)
