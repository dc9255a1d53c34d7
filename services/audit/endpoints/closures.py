"""`/v1/audits/{audit_id}/close-findings`, and the profiles that audits are scored by."""

from dataclasses import asdict
from uuid import UUID

from services.audit.domain.vap_scores import PROFILES
from services.audit.endpoints.callers import Reader, Verifier
from services.audit.schemas.audits import ScoreProfileView
from services.audit.schemas.closures import ClosedFinding, ClosedFindings, ClosingBody
from services.audit.service import closures
from shared.web.pages import Page
from shared.web.route import new_router
from shared.web.transaction import Transaction

router = new_router("/v1", "audits")


@router.post("/audits/{audit_id}/close-findings")
async def close_findings(audit_id: UUID, body: ClosingBody, session: Transaction, caller: Verifier) -> ClosedFindings:
    """Close implemented findings as verified by this closure audit, all or none; each as closing one by one would."""
    caller.refuse_bound("audit")
    closed = await closures.close_findings(session, caller, audit_id, body)
    return ClosedFindings(audit_id=audit_id, findings=[ClosedFinding.model_validate(finding) for finding in closed])


@router.get("/score-profiles")
async def list_score_profiles(_caller: Reader) -> Page[ScoreProfileView]:
    """List the profiles by which a score can be computed from criteria and findings, all on one page."""
    items = [ScoreProfileView.model_validate(asdict(profile)) for profile in PROFILES.values()]
    return Page(items=items, next_cursor=None)
