"""`/v1/findings/{finding_id}/implement|close|reopen|withdraw|extend`."""

from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.endpoints.callers import Approver, Reporter, Verifier
from services.audit.endpoints.finding_views import lock_own, set_finding_etag, single
from services.audit.models import Finding
from services.audit.schemas.findings import (
    ClosingStepBody,
    ExtensionBody,
    FindingDetail,
    ReasonedStepBody,
    StepBody,
)
from services.audit.service import finding_steps
from shared.auth.principal import Principal
from shared.web.etags import IfMatch, IfMatchWhereGiven
from shared.web.route import new_router
from shared.web.transaction import Transaction

router = new_router("/v1/findings/{finding_id}", "findings")


@router.post("/implement")
async def implement_finding(
    finding_id: UUID,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Reporter,
    response: Response,
    body: StepBody | None = None,
) -> FindingDetail:
    """Report the approved plan as implemented; from then on the finding is not overdue. Scope: submit or write."""
    given = body or StepBody()
    finding = await lock_own(session, finding_id, caller)
    await finding_steps.take_step(session, caller.actor, finding, expected, "implemented", given.on, given.reason)
    return await _answer(session, finding, caller, response)


@router.post("/close")
async def close_finding(
    finding_id: UUID,
    expected: IfMatch,
    session: Transaction,
    caller: Verifier,
    response: Response,
    body: ClosingStepBody | None = None,
) -> FindingDetail:
    """Close a verified finding: a step for a person who neither submitted the plan nor reported it implemented.

    A closure audit that is named must have been conducted, by the day of the step, at the finding's supplier.
    """
    given = body or ClosingStepBody()
    # The audit first, as everywhere: who changes it takes its findings after it.
    closure = await finding_steps.find_closure(session, given.closure_audit_id) if given.closure_audit_id else None
    finding = await finding_steps.close_finding(session, caller, finding_id, expected, given.on, given.reason, closure)
    return await _answer(session, finding, caller, response)


@router.post("/reopen")
async def reopen_finding(
    finding_id: UUID,
    body: ReasonedStepBody,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Verifier,
    response: Response,
) -> FindingDetail:
    """Reopen a finding whose verification failed, or that came back; what was approved before counts no more."""
    finding = await lock_own(session, finding_id, caller)
    await finding_steps.take_step(session, caller.actor, finding, expected, "reopened", body.on, body.reason)
    return await _answer(session, finding, caller, response)


@router.post("/withdraw")
async def withdraw_finding(
    finding_id: UUID,
    body: ReasonedStepBody,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Approver,
    response: Response,
) -> FindingDetail:
    """Withdraw a finding with the reason, after a dispute or a mistake: it counts no more."""
    finding = await lock_own(session, finding_id, caller)
    await finding_steps.take_step(session, caller.actor, finding, expected, "withdrawn", body.on, body.reason)
    return await _answer(session, finding, caller, response)


@router.post("/extend")
async def extend_finding(
    finding_id: UUID,
    body: ExtensionBody,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Approver,
    response: Response,
) -> FindingDetail:
    """Grant a later due date with the reason."""
    finding = await finding_steps.extend_finding(session, caller.actor, finding_id, expected, body)
    return await _answer(session, finding, caller, response)


async def _answer(session: AsyncSession, finding: Finding, caller: Principal, response: Response) -> FindingDetail:
    set_finding_etag(response, finding)
    return await single(session, finding, caller)
