"""`/v1/findings/{finding_id}/plan`: submitted by the supplier, decided on by a person."""

from typing import Annotated
from uuid import UUID

from fastapi import Header, Response

from services.audit.endpoints.callers import Approver, Reader, Submitter
from services.audit.endpoints.finding_views import get_own, lock_own, set_finding_etag, single
from services.audit.repository import findings as repository
from services.audit.schemas.findings import FindingDetail, PlanBody, PlanView, ReasonedStepBody, StepBody
from services.audit.service import finding_steps
from shared.errors import NotFound
from shared.web.etags import IfMatch, if_match
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/findings/{finding_id}/plan", "corrective action plans")


@router.put("")
async def submit_plan(
    finding_id: UUID,
    body: PlanBody,
    session: Transaction,
    caller: Submitter,
    response: Response,
    header: Annotated[
        str | None,
        Header(alias="If-Match", description="The finding's ETag; needed once there is a plan"),
    ] = None,
) -> PlanView:
    """Submit a corrective action plan for approval; after a rejection, or before any decision, a better one."""
    finding = await lock_own(session, finding_id, caller)
    if header is not None or await repository.find_plan(session, finding_id) is not None:
        if_match(header).check(finding.version)
    finding, plan = await finding_steps.submit_plan(session, caller.actor, finding, body)
    set_finding_etag(response, finding)
    return PlanView.model_validate(plan)


@router.get("")
async def get_plan(finding_id: UUID, session: Reading, caller: Reader, response: Response) -> PlanView:
    """Read the plan that was submitted last; its ETag is the finding's."""
    finding = await get_own(session, finding_id, caller)
    plan = await repository.find_plan(session, finding_id)
    if plan is None:
        raise NotFound("There is no plan for this finding yet.")
    set_finding_etag(response, finding)
    return PlanView.model_validate(plan)


@router.post("/approve")
async def approve_plan(
    finding_id: UUID,
    expected: IfMatch,
    session: Transaction,
    caller: Approver,
    response: Response,
    body: StepBody | None = None,
) -> FindingDetail:
    """Approve the plan: a step for a person other than who submitted it."""
    given = body or StepBody()
    finding = await finding_steps.decide_on_plan(
        session, caller, finding_id, expected, "plan_approved", given.on, given.reason
    )
    set_finding_etag(response, finding)
    return await single(session, finding, caller)


@router.post("/reject")
async def reject_plan(
    finding_id: UUID,
    body: ReasonedStepBody,
    expected: IfMatch,
    session: Transaction,
    caller: Approver,
    response: Response,
) -> FindingDetail:
    """Reject the plan with the reason: a step for a person other than who submitted it."""
    finding = await finding_steps.decide_on_plan(
        session, caller, finding_id, expected, "plan_rejected", body.on, body.reason
    )
    set_finding_etag(response, finding)
    return await single(session, finding, caller)
