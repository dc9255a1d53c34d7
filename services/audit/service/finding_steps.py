"""Taking a finding through its life: plans, their approval, implementation, closing and what may come between."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import findings as life
from services.audit.models import Audit, Finding, FindingExtension, Plan, TransitionDraft
from services.audit.repository import audits as audits_repository
from services.audit.repository import findings as repository
from services.audit.schemas.findings import ExtensionBody, PlanBody
from services.audit.service import findings
from services.audit.service.findings import FindingChange
from services.audit.service.today import today
from shared.auth.principal import Actor, Principal
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.web.etags import Expected


async def submit_plan(session: AsyncSession, actor: Actor, finding: Finding, body: PlanBody) -> tuple[Finding, Plan]:
    """A new plan for a finding that the caller has locked; it waits for approval."""
    held = await repository.find_plan(session, finding.id)
    await _take(session, actor, finding, "plan_submitted", None, None)
    plan = Plan(finding_id=finding.id, n=held.n + 1 if held else 1, submitted_by=actor.sub, **body.model_dump())
    session.add(plan)
    await session.flush()
    await session.refresh(plan)
    return finding, plan


async def decide_on_plan(
    session: AsyncSession,
    caller: Principal,
    finding_id: UUID,
    expected: Expected,
    to: life.Step,
    on: date | None,
    reason: str | None,
) -> Finding:
    """The finding with its plan approved or rejected by a person who did not submit it."""
    finding = await repository.lock_finding(session, finding_id)
    expected.check(finding.version)
    life.check_step(finding.status, to)
    plan = await repository.find_plan(session, finding_id)
    caller.second_person(plan.submitted_by if plan else None, "Approving or rejecting a plan")
    await _take(session, caller.actor, finding, to, on, reason)
    return finding


async def find_closure(session: AsyncSession, audit_id: UUID) -> Audit:
    """The audit that is said to verify findings, held unchanged until the transaction ends; before any finding is."""
    try:
        return await audits_repository.lock_audit(session, audit_id, share=True)
    except NotFound:
        raise _unfit_closure("is no audit") from None


async def close_finding(
    session: AsyncSession,
    caller: Principal,
    finding_id: UUID,
    expected: Expected,
    on: date | None,
    reason: str | None,
    closure: Audit | None = None,
) -> Finding:
    """The finding, verified and closed by a person who neither submitted its plan nor reported it implemented.

    `closure` is the audit that verified it, held by the caller; Invalid or Conflict where it cannot have done so.
    """
    finding = await repository.lock_finding(session, finding_id)
    expected.check(finding.version)
    life.check_step(finding.status, "closed")
    plan = await repository.find_plan(session, finding_id)
    steps = (await repository.list_transitions(session, [finding_id])).get(finding_id, [])
    caller.second_person(plan.submitted_by if plan else None, "Closing a finding")
    caller.second_person(next((s.by for s in reversed(steps) if s.to == "implemented"), None), "Closing a finding")
    if closure is not None:
        found_in_chain_of = await audits_repository.find_followed(session, finding.audit_id)
        _check_closure(closure, finding, on or today(), found_in_chain_of)
    await _take(session, caller.actor, finding, "closed", on, reason, closure)
    return finding


async def take_step(
    session: AsyncSession,
    actor: Actor,
    finding: Finding,
    expected: Expected,
    to: life.Step,
    on: date | None,
    reason: str | None,
) -> Finding:
    """A locked finding, one step on: implemented, reopened or withdrawn."""
    expected.check(finding.version)
    await _take(session, actor, finding, to, on, reason)
    return finding


async def extend_finding(
    session: AsyncSession, actor: Actor, finding_id: UUID, expected: Expected, body: ExtensionBody
) -> Finding:
    """The finding with a later due date, which no clock changes any more."""
    finding = await repository.lock_finding(session, finding_id)
    expected.check(finding.version)
    life.check_extension(finding.status)
    if body.due_on <= finding.due_on:
        raise Invalid(
            f"An extension ends after {finding.due_on}, the due date that holds.",
            fields=[FieldError("#/due_on", f"must lie after {finding.due_on}")],
        )
    taken = await findings.transitions_of(session, finding_id)
    before = findings.feed_state(finding, taken)
    granted = await repository.list_extensions(session, finding_id)
    session.add(
        FindingExtension(
            finding_id=finding_id,
            n=len(granted) + 1,
            due_on_before=finding.due_on,
            due_on=body.due_on,
            by=actor.sub,
            reason=body.reason,
        )
    )
    finding.due_on, finding.due_given, finding.imported = body.due_on, True, False
    private = {"reason": [None, body.reason]}
    await findings.save(session, actor, [FindingChange(finding, before, taken, "extended", private=private)])
    return finding


async def _take(
    session: AsyncSession,
    actor: Actor,
    finding: Finding,
    to: life.Step,
    on: date | None,
    reason: str | None,
    closure: Audit | None = None,
) -> None:
    """One more transition of a locked finding; StepForbidden or StepOutOfTime where its life has no place for it."""
    taken = await findings.transitions_of(session, finding.id)
    day = today()
    step = life.Transition(to, on or day)
    after = life.take_step(taken, step, discovered_on=finding.discovered_on, today=day)
    before = findings.feed_state(finding, taken)
    findings.stand(finding, after)
    finding.imported = False
    added = TransitionDraft(
        finding_id=finding.id, n=len(taken) + 1, to=step.to, on=step.on, by=actor.sub, reason=reason,
        audit_id=closure.id if closure else None,
    )  # fmt: skip
    private = {"reason": [None, reason]} if reason else {}
    if closure is not None:
        private["closure_audit_id"] = [None, str(closure.id)]
    await findings.save(session, actor, [FindingChange(finding, before, after, to, [added], private)])


def _check_closure(closure: Audit, finding: Finding, on: date, found_in_chain_of: UUID | None) -> None:
    """`found_in_chain_of` is the audit that the finding's own audit follows, where that is a closure audit too."""
    if closure.kind != "closure":
        raise _unfit_closure(f"is an audit of kind {closure.kind}, not closure")
    if closure.supplier_id != finding.supplier_id:
        raise _unfit_closure("is an audit of another supplier")
    if closure.follows_audit_id not in (None, finding.audit_id, found_in_chain_of):
        raise _unfit_closure("follows another audit than the finding's")
    if closure.withdrawn_on is not None:
        raise Conflict(
            "The closure audit is withdrawn; it verifies nothing.",
            code="audit-withdrawn",
            fields=[FieldError("#/closure_audit_id", "is withdrawn")],
        )
    if closure.conducted_on is None:
        raise Conflict(
            "The closure audit is only planned; nothing is verified yet.",
            code="audit-not-conducted",
            fields=[FieldError("#/closure_audit_id", "is only planned")],
        )
    if on < closure.conducted_on:
        detail = f"{on} lies before the closure audit on {closure.conducted_on}."
        raise Invalid(detail, code="step-out-of-time", fields=[FieldError("#/on", detail)])


def _unfit_closure(message: str) -> Invalid:
    return Invalid(
        f"The closure audit {message}.",
        code="closure-audit-unfit",
        fields=[FieldError("#/closure_audit_id", message)],
    )
