"""Taking a finding through its life: plans, their approval, implementation, closing and what may come between."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import findings as life
from services.audit.models import Finding, FindingExtension, FindingTransition, Plan
from services.audit.repository import findings as repository
from services.audit.schemas.findings import ExtensionBody, PlanBody
from services.audit.service import findings
from services.audit.service.findings import FindingChange
from services.audit.service.today import today
from shared.auth.principal import Actor, Principal
from shared.errors import Conflict, FieldError, Invalid
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
    plan = await repository.find_plan(session, finding_id)
    caller.second_person(plan.submitted_by if plan else None, "Approving or rejecting a plan")
    await _take(session, caller.actor, finding, to, on, reason)
    return finding


async def close_finding(
    session: AsyncSession,
    caller: Principal,
    finding_id: UUID,
    expected: Expected,
    on: date | None,
    reason: str | None,
) -> Finding:
    """The finding, verified and closed by a person who neither submitted its plan nor reported it implemented."""
    finding = await repository.lock_finding(session, finding_id)
    expected.check(finding.version)
    plan = await repository.find_plan(session, finding_id)
    steps = (await repository.list_transitions(session, [finding_id])).get(finding_id, [])
    caller.second_person(plan.submitted_by if plan else None, "Closing a finding")
    caller.second_person(next((s.by for s in reversed(steps) if s.to == "implemented"), None), "Closing a finding")
    await _take(session, caller.actor, finding, "closed", on, reason)
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
    if finding.status not in life.UNMENDED:
        raise Conflict(
            f"The finding is {finding.status}; only one that is {', '.join(sorted(life.UNMENDED))} can be extended.",
            code="step-forbidden",
        )
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
    session: AsyncSession, actor: Actor, finding: Finding, to: life.Step, on: date | None, reason: str | None
) -> None:
    """One more transition of a locked finding; StepForbidden or StepOutOfTime where its life has no place for it."""
    taken = await findings.transitions_of(session, finding.id)
    day = today()
    step = life.Transition(to, on or day)
    after = life.take_step(taken, step, discovered_on=finding.discovered_on, today=day)
    before = findings.feed_state(finding, taken)
    finding.status, finding.imported = life.state_after(after), False
    added = FindingTransition(
        finding_id=finding.id, n=len(taken) + 1, to=step.to, on=step.on, by=actor.sub, reason=reason
    )
    private = {"reason": [None, reason]} if reason else {}
    await findings.save(session, actor, [FindingChange(finding, before, after, to, [added], private)])
