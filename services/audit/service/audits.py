"""Recording and changing audits, and mending what follows from them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.findings import Transition
from services.audit.models import Audit
from services.audit.repository import audits as repository
from services.audit.repository import findings as findings_repository
from services.audit.schemas.audits import AuditPatch, NewAudit
from services.audit.schemas.fields import Withdrawal
from services.audit.service import findings
from services.audit.service.findings import FindingChange
from services.audit.service.today import today
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

FIELDS = (
    "kind",
    "standard",
    "auditor",
    "scope",
    "site_code",
    "conducted_on",
    "report_received_on",
    "score",
    "outcome",
)
FOLLOWED_FIELDS = ("site_code", "conducted_on", "report_received_on")
"""What an audit's findings take from it."""

AuditChange = tuple[Audit, Mapping[str, Any]]
"""An audit and its state before; an empty one for a new audit."""


def feed_state(audit: Audit) -> dict[str, Any]:
    """An audit as the feed tells it."""
    return {
        "audit_ref": audit.audit_ref,
        "supplier_id": str(audit.supplier_id),
        "kind": audit.kind,
        "standard": audit.standard,
        "scope": audit.scope,
        "site_code": audit.site_code,
        "conducted_on": audit.conducted_on.isoformat(),
        "report_received_on": _iso(audit.report_received_on),
        "score": None if audit.score is None else float(audit.score),
        "outcome": audit.outcome,
        "withdrawn_on": _iso(audit.withdrawn_on),
    }


def build(actor: Actor, supplier_id: UUID, audit_ref: str | None) -> Audit:
    """An audit that says nothing yet; `apply_fields` completes it."""
    audit_id = new_id()
    return Audit(
        id=audit_id, version=0, audit_ref=audit_ref or str(audit_id), supplier_id=supplier_id, auditor=None, scope=[],
        site_code=None, report_received_on=None, score=None, outcome=None, created_by=actor.sub,
    )  # fmt: skip


def apply_fields(audit: Audit, fields: Mapping[str, Any], day: date) -> bool:
    """Set the given fields; whether anything differs. Invalid names a date that cannot be, and nothing is set."""
    conducted_on = fields.get("conducted_on", audit.conducted_on)
    report_received_on = fields.get("report_received_on", audit.report_received_on)
    if conducted_on > day:
        raise _out_of_time("conducted_on", f"{conducted_on} lies in the future; today is {day} (UTC).")
    if report_received_on is not None and report_received_on > day:
        raise _out_of_time("report_received_on", f"{report_received_on} lies in the future; today is {day} (UTC).")
    if report_received_on is not None and report_received_on < conducted_on:
        raise _out_of_time("report_received_on", f"{report_received_on} lies before the audit, {conducted_on}.")
    differing = {name for name, value in fields.items() if getattr(audit, name) != value}
    for name in differing:
        setattr(audit, name, fields[name])
    return audit.version == 0 or bool(differing)


async def create_audit(session: AsyncSession, actor: Actor, supplier_id: UUID, new: NewAudit) -> Audit:
    """A new audit of a supplier that exists; Conflict where its reference is taken."""
    if new.audit_ref and await repository.ref_is_taken(session, new.audit_ref):
        raise Conflict(f"There is an audit with the reference {new.audit_ref}.", code="reference-taken")
    audit = build(actor, supplier_id, new.audit_ref)
    apply_fields(audit, {name: getattr(new, name) for name in FIELDS}, today())
    session.add(audit)
    await save(session, actor, [(audit, {})])
    return audit


async def change_audit(
    session: AsyncSession, actor: Actor, audit_id: UUID, expected: Expected, patch: AuditPatch
) -> Audit:
    """The audit with the patch's fields, its findings mended; its version stays where nothing differs."""
    audit = await repository.lock_audit(session, audit_id)
    expected.check(audit.version)
    if audit.withdrawn_on is not None:
        raise Conflict("The audit is withdrawn; it changes no more.", code="audit-withdrawn")
    before = feed_state(audit)
    held = [audit.auditor]
    if apply_fields(audit, patch.given(), today()):
        private = {"auditor": [*held, audit.auditor]} if held != [audit.auditor] else {}
        await save(session, actor, [(audit, before)], private=private)
    return audit


async def withdraw_audit(
    session: AsyncSession, actor: Actor, audit_id: UUID, expected: Expected, withdrawal: Withdrawal
) -> Audit:
    """The audit, no longer counting from a day on; its findings stay until they are withdrawn themselves."""
    audit = await repository.lock_audit(session, audit_id)
    expected.check(audit.version)
    if audit.withdrawn_on is not None:
        raise Conflict(f"The audit was withdrawn on {audit.withdrawn_on}.", code="already-withdrawn")
    on, day = withdrawal.on or today(), today()
    if not audit.conducted_on <= on <= day:
        raise _out_of_time("on", f"{on} does not lie between the audit, {audit.conducted_on}, and today, {day} (UTC).")
    before = feed_state(audit)
    audit.withdrawn_on, audit.withdrawn_reason = on, withdrawal.reason
    private = {"reason": [None, withdrawal.reason]}
    await save(session, actor, [(audit, before)], happened="withdrawn", private=private)
    return audit


async def save(
    session: AsyncSession,
    actor: Actor,
    changed: Sequence[AuditChange],
    *,
    happened: str = "",
    private: Mapping[str, Any] | None = None,
) -> None:
    """Write changed audits, what happened to them, and what their findings take from them."""
    now = datetime.now(UTC)
    for audit, _ in changed:
        audit.version += 1
        audit.updated_at = now
    await session.flush()
    states = [(audit, before, feed_state(audit)) for audit, before in changed]
    await journal.record(
        session,
        actor,
        [
            Change(
                f"audit.{happened or ('updated' if before else 'created')}",
                audit.id,
                audit.version,
                state,
                before,
                private or {},
            )
            for audit, before, state in states
        ],
    )
    followed = [
        audit for audit, before, state in states if before and any(before[f] != state[f] for f in FOLLOWED_FIELDS)
    ]
    await _mend_findings(session, actor, followed)


async def _mend_findings(session: AsyncSession, actor: Actor, changed: Sequence[Audit]) -> None:
    """Set the dates and sites of these audits' findings anew, and tell of those that differ."""
    if not changed:
        return
    by_id = {audit.id: audit for audit in changed}
    held = await findings_repository.lock_findings_of_audits(session, by_id.keys())
    transitions = await findings_repository.list_transitions(session, [finding.id for finding in held])
    changes = []
    with session.no_autoflush:
        for finding in held:
            taken = [Transition(row.to, row.on) for row in transitions.get(finding.id, [])]
            before = findings.feed_state(finding, taken)
            plan_due_on = finding.plan_due_on
            findings.follow_audit(finding, by_id[finding.audit_id] if finding.audit_id else None)
            if findings.feed_state(finding, taken) != before or finding.plan_due_on != plan_due_on:
                changes.append(FindingChange(finding, before, taken, "updated"))
    await findings.save(session, actor, changes)


def _out_of_time(field: str, detail: str) -> Invalid:
    return Invalid(detail, code="date-out-of-time", fields=[FieldError(f"#/{field}", detail)])


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
