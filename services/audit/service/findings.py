"""Recording and changing findings; writing them down with what happened to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import due_dates
from services.audit.domain import findings as life
from services.audit.domain.provisions import ProvisionName
from services.audit.models import Audit, Finding, FindingDraft, TransitionDraft
from services.audit.repository import audits as audits_repository
from services.audit.repository import findings as repository
from services.audit.repository.audits import FollowedAudit
from services.audit.schemas.findings import FindingFields, FindingPatch
from services.audit.service import standards
from services.audit.service.standards import Complaints
from services.audit.service.today import today
from shared import journal
from shared.auth.principal import Actor, Principal
from shared.errors import Conflict, FieldError, Forbidden, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

PLAIN_FIELDS = (
    "standard",
    "code_version",
    "provision",
    "severity",
    "discovered_on",
    "description",
    "internal_note",
)
PROVISION_FIELDS = ("standard", "code_version", "provision")
PRIVATE_FIELDS = ("description", "internal_note")
"""Kept in the audit log, told to nobody by the feed."""


@dataclass(slots=True)
class FindingChange:
    """A finding that differs: its state before (empty for a new one), its transitions now, the new ones among them."""

    finding: Finding | FindingDraft
    before: Mapping[str, Any]
    transitions: Sequence[life.Transition]
    happened: str
    added: Sequence[TransitionDraft] = ()
    private: dict[str, Any] = field(default_factory=dict)


def feed_state(finding: Finding | FindingDraft, transitions: Iterable[life.Transition]) -> dict[str, Any]:
    """A finding as the feed tells it."""
    return {
        "finding_ref": finding.finding_ref,
        "supplier_id": str(finding.supplier_id),
        "audit_id": str(finding.audit_id) if finding.audit_id else None,
        "standard": finding.standard,
        "code_version": finding.code_version,
        "provision": finding.provision,
        "severity": finding.severity,
        "site_code": finding.site_code,
        "discovered_on": finding.discovered_on.isoformat(),
        "due_on": finding.due_on.isoformat(),
        "status": finding.status,
        "transitions": [{"to": to, "on": on.isoformat()} for to, on in transitions],
    }


def build(
    actor: Actor, supplier_id: UUID, audit_id: UUID | None, finding_ref: str | None, *, imported: bool
) -> FindingDraft:
    """A finding that says nothing yet; `apply_fields` completes it."""
    finding_id = new_id()
    return FindingDraft(
        finding_id, finding_ref or str(finding_id), supplier_id, audit_id, imported=imported, created_by=actor.sub
    )


def provision_named(finding: Finding | FindingDraft, fields: Mapping[str, Any]) -> ProvisionName:
    """The provision that the finding is to name once the given fields are set."""
    return ProvisionName(*(fields.get(name, getattr(finding, name)) for name in PROVISION_FIELDS))


def apply_fields(
    finding: Finding | FindingDraft,
    fields: Mapping[str, Any],
    audit: Audit | FollowedAudit | None,
    taken: Sequence[life.Transition],
    day: date,
    complaints: Complaints,
) -> None:
    """Set the given fields and what follows from them; Invalid names a field that cannot be so, and nothing is set.

    `complaints` are those about the provisions that are named, this one's among them.
    """
    names_provision = any(name in fields for name in PROVISION_FIELDS)
    complaint = complaints.get(provision_named(finding, fields)) if complaints and names_provision else None
    if complaint is not None:
        raise Invalid(
            f"{complaint.message[0].upper()}{complaint.message[1:]}.",
            code="provision-unknown",
            fields=[FieldError(f"#/{complaint.field}", complaint.message)],
        )
    if "discovered_on" in fields:
        life.check_discovery(fields["discovered_on"], taken, day)
    for name in PLAIN_FIELDS:
        if name in fields:
            setattr(finding, name, fields[name])
    if "site_code" in fields:
        finding.site_code, finding.site_given = fields["site_code"], fields["site_code"] is not None
    if "due_on" in fields:
        finding.due_given = fields["due_on"] is not None
        if finding.due_given:
            finding.due_on = fields["due_on"]
    follow_audit(finding, audit)


def follow_audit(finding: Finding | FindingDraft, audit: Audit | FollowedAudit | None) -> None:
    """Set what the clocks and the audit say, where nothing else was given."""
    clocks = due_dates.clocks(
        finding.severity,
        finding.provision,
        finding.discovered_on,
        conducted_on=audit.conducted_on if audit else None,
        report_received_on=audit.report_received_on if audit else None,
    )
    finding.plan_due_on = clocks.plan_due_on
    if not finding.due_given:
        finding.due_on = clocks.due_on
    if not finding.site_given:
        finding.site_code = audit.site_code if audit else None


def stand(finding: Finding | FindingDraft, transitions: Iterable[life.Transition]) -> None:
    """Set where the transitions, in order, have led the finding, and since when it is there."""
    standing = life.standing_after(transitions)
    finding.status = standing.status
    finding.implemented_on = standing.implemented_on
    finding.closed_on = standing.closed_on
    finding.withdrawn_on = standing.withdrawn_on


async def create_finding(
    session: AsyncSession, actor: Actor, new: FindingFields, *, supplier_id: UUID | None, audit_id: UUID | None
) -> FindingDraft:
    """A new finding of an audit or, without one, of a supplier; Conflict where its reference is taken."""
    audit = None if audit_id is None else await audits_repository.lock_audit(session, audit_id, share=True)
    if audit is not None:
        _check_takes_findings(audit, supplier_id)
        supplier_id = audit.supplier_id
    assert supplier_id is not None  # noqa: S101  # the request has one or the other
    if new.finding_ref and await repository.ref_is_taken(session, new.finding_ref):
        raise Conflict(f"There is a finding with the reference {new.finding_ref}.", code="reference-taken")
    finding = build(actor, supplier_id, audit_id, new.finding_ref, imported=False)
    fields = {name: getattr(new, name) for name in (*PLAIN_FIELDS, "site_code", "due_on")}
    complaints = await standards.find_complaints(session, [provision_named(finding, fields)])
    apply_fields(finding, fields, audit, (), today(), complaints)
    await save(session, actor, [FindingChange(finding, {}, (), "created", private=_private({}, finding))])
    return finding


async def change_finding(
    session: AsyncSession, caller: Principal, finding_id: UUID, expected: Expected, patch: FindingPatch
) -> Finding:
    """The finding with the patch's fields; its version stays where nothing differs.

    Conflict where it is withdrawn; Forbidden where its severity falls and the caller may not decide on findings.
    """
    audit_id = (await repository.get_finding(session, finding_id)).audit_id
    # The audit first, as everywhere: who changes it takes its findings after it.
    audit = None if audit_id is None else await audits_repository.lock_audit(session, audit_id, share=True)
    finding = await repository.lock_finding(session, finding_id)
    expected.check(finding.version)
    if finding.status == "withdrawn":
        raise Conflict("The finding is withdrawn; it changes no more.", code="finding-withdrawn")
    # A lesser severity lifts what a grave one entails, as a withdrawal does.
    if patch.severity and due_dates.is_lesser(patch.severity, finding.severity) and not caller.has("audit:approve"):
        raise Forbidden("A lesser severity needs the scope audit:approve.", code="insufficient-scope")
    taken = await transitions_of(session, finding_id)
    before, held = feed_state(finding, taken), {name: getattr(finding, name) for name in PRIVATE_FIELDS}
    complaints = await standards.find_complaints(session, [provision_named(finding, patch.given())])
    apply_fields(finding, patch.given(), audit, taken, today(), complaints)
    if session.is_modified(finding):
        finding.imported = False
        private = _private(held, finding)
        await save(session, caller.actor, [FindingChange(finding, before, taken, "updated", private=private)])
    return finding


async def transitions_of(session: AsyncSession, finding_id: UUID) -> list[life.Transition]:
    """A finding's transitions, in order."""
    rows = (await repository.list_transitions(session, [finding_id])).get(finding_id, [])
    return [life.Transition(row.to, row.on) for row in rows]


async def save(session: AsyncSession, actor: Actor, changes: Sequence[FindingChange]) -> None:
    """Write changed findings, their new transitions and what happened; for a thousand as few statements as for one."""
    now = datetime.now(UTC)
    new = [change.finding for change in changes if isinstance(change.finding, FindingDraft)]
    for finding in new:
        finding.created_at = now
    for change in changes:
        change.finding.version += 1
        change.finding.updated_at = now
    await session.flush()
    steps = [added for change in changes for added in change.added]
    await journal.record(
        session,
        actor,
        [
            Change(
                f"finding.{change.happened}",
                change.finding.id,
                change.finding.version,
                feed_state(change.finding, change.transitions),
                change.before,
                change.private,
            )
            for change in changes
        ],
        along=repository.rows_of(new, steps),
    )


def _check_takes_findings(audit: Audit, supplier_id: UUID | None) -> None:
    if supplier_id is not None and supplier_id != audit.supplier_id:
        raise Invalid(
            "The audit is of another supplier.", fields=[FieldError("#/audit_id", "is an audit of another supplier")]
        )
    if audit.withdrawn_on is not None:
        raise Conflict("The audit is withdrawn; it takes no more findings.", code="audit-withdrawn")
    if audit.conducted_on is None:
        raise Conflict(
            "The audit is only planned; it takes findings once conducted_on is given.", code="audit-not-conducted"
        )


def _private(held: Mapping[str, Any], finding: Finding | FindingDraft) -> dict[str, Any]:
    """What the audit log says of the fields that the feed does not tell."""
    return {
        name: [held.get(name), getattr(finding, name)]
        for name in PRIVATE_FIELDS
        if held.get(name) != getattr(finding, name)
    }
