"""Recording and changing audits, and mending what follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import audits as life
from services.audit.domain.audits import Description
from services.audit.domain.findings import Transition
from services.audit.domain.vap_scores import DEFAULT_PROFILE
from services.audit.models import Audit
from services.audit.repository import audits as repository
from services.audit.repository import findings as findings_repository
from services.audit.schemas.audits import AuditPatch, NewAudit
from services.audit.schemas.fields import AuditWithdrawal
from services.audit.service import findings
from services.audit.service.closure_chains import check_bonds, check_follows
from services.audit.service.findings import FindingChange
from services.audit.service.today import today
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

FIELDS = (
    "kind",
    "standard",
    "auditor",
    "auditor_qualification",
    "scope",
    "site_code",
    "planned_on",
    "conducted_on",
    "report_received_on",
    "score",
    "outcome",
    "criteria_total",
    "criteria_not_applicable",
    "criteria_conforming",
    "score_profile",
    "follows_audit_id",
)
UNTOLD_FIELDS = (
    "auditor",
    "auditor_qualification",
    "criteria_total",
    "criteria_not_applicable",
    "criteria_conforming",
    "score_profile",
    "follows_audit_id",
)
"""Kept in the audit log, told to nobody by the feed."""
FOLLOWED_FIELDS = ("site_code", "conducted_on", "report_received_on")
"""What an audit's findings take from it."""

AuditChange = tuple[Audit, Mapping[str, Any]]
"""An audit and its `state` before; an empty one for a new audit."""


def feed_state(audit: Audit) -> dict[str, Any]:
    """An audit as the feed tells it."""
    return {
        "audit_ref": audit.audit_ref,
        "supplier_id": str(audit.supplier_id),
        "kind": audit.kind,
        "standard": audit.standard,
        "scope": audit.scope,
        "site_code": audit.site_code,
        "planned_on": _iso(audit.planned_on),
        "conducted_on": _iso(audit.conducted_on),
        "report_received_on": _iso(audit.report_received_on),
        "score": None if audit.score is None else float(audit.score),
        "outcome": audit.outcome,
        "withdrawn_on": _iso(audit.withdrawn_on),
    }


def state(audit: Audit) -> dict[str, Any]:
    """An audit as the feed tells it, with what only the audit log keeps."""
    followed = audit.follows_audit_id
    untold = {name: getattr(audit, name) for name in UNTOLD_FIELDS}
    return {**feed_state(audit), **untold, "follows_audit_id": str(followed) if followed else None}


def build(actor: Actor, supplier_id: UUID, audit_ref: str | None) -> Audit:
    """An audit that says nothing yet; `apply_fields` completes it."""
    audit_id = new_id()
    return Audit(
        id=audit_id, version=0, audit_ref=audit_ref or str(audit_id), supplier_id=supplier_id, auditor=None,
        auditor_qualification=None, scope=[], site_code=None, planned_on=None, conducted_on=None,
        report_received_on=None, score=None, outcome=None, criteria_total=None, criteria_not_applicable=None,
        criteria_conforming=None, score_profile=DEFAULT_PROFILE, follows_audit_id=None, withdrawn_on=None,
        created_by=actor.sub,
    )  # fmt: skip


def apply_fields(audit: Audit, fields: Mapping[str, Any], day: date) -> bool:
    """Set the given fields; whether anything differs. Invalid names a field that cannot be so, and nothing is set."""
    wanted = {item.name: fields.get(item.name, getattr(audit, item.name)) for item in dataclass_fields(Description)}
    if audit.conducted_on is not None and wanted["conducted_on"] is None:
        raise life.unfit("conducted_on", f"The audit was conducted on {audit.conducted_on}; the day can be corrected.")
    life.check_consistent(Description(**wanted), day)
    differing = {name for name, value in fields.items() if getattr(audit, name) != value}
    for name in differing:
        setattr(audit, name, fields[name])
    return audit.version == 0 or bool(differing)


async def create_audit(session: AsyncSession, actor: Actor, supplier_id: UUID, new: NewAudit) -> Audit:
    """A new audit of a supplier that exists; Conflict where its reference is taken."""
    if new.audit_ref and await repository.ref_is_taken(session, new.audit_ref):
        raise Conflict(f"There is an audit with the reference {new.audit_ref}.", code="reference-taken")
    audit = build(actor, supplier_id, new.audit_ref)
    given = _columns({name: getattr(new, name) for name in type(new).model_fields})
    apply_fields(audit, {name: given[name] for name in FIELDS}, today())
    if audit.follows_audit_id is not None:
        held = await repository.lock_audits(session, [audit.follows_audit_id], share=True)
        check_follows(audit, held.get(audit.follows_audit_id))
    session.add(audit)
    await save(session, actor, [(audit, {})])
    return audit


async def change_audit(
    session: AsyncSession, actor: Actor, audit_id: UUID, expected: Expected, patch: AuditPatch
) -> Audit:
    """The audit with the patch's fields, its findings mended; its version stays where nothing differs."""
    fields = _columns(patch.given())
    followed_id = fields.get("follows_audit_id") or await repository.find_followed(session, audit_id)
    held = await repository.lock_audits(session, [audit_id, *([followed_id] if followed_id else [])])
    if audit_id not in held:
        raise NotFound("No such audit.")
    audit = held[audit_id]
    expected.check(audit.version)
    if audit.withdrawn_on is not None:
        raise Conflict("The audit is withdrawn; it changes no more.", code="audit-withdrawn")
    before = state(audit)
    with session.no_autoflush:
        if apply_fields(audit, fields, today()):
            if audit.follows_audit_id is not None and fields.keys() & {"follows_audit_id", "conducted_on"}:
                check_follows(audit, held.get(audit.follows_audit_id))
            if fields.keys() & {"kind", "conducted_on"}:
                bonds = await repository.find_bonds(session, [audit.id])
                check_bonds(bonds[audit.id], audit.kind, audit.conducted_on)
            await save(session, actor, [(audit, before)])
    return audit


async def withdraw_audit(
    session: AsyncSession, actor: Actor, audit_id: UUID, expected: Expected, withdrawal: AuditWithdrawal
) -> Audit:
    """The audit, no longer counting from a day on; its findings stay until they are withdrawn themselves.

    One that is only planned is cancelled by it.
    """
    audit = await repository.lock_audit(session, audit_id)
    expected.check(audit.version)
    if audit.withdrawn_on is not None:
        raise Conflict(f"The audit was withdrawn on {audit.withdrawn_on}.", code="already-withdrawn")
    on, day = withdrawal.on or today(), today()
    if on > day:
        raise life.unfit("on", f"{on} lies in the future; today is {day} (UTC).")
    if audit.conducted_on is not None and on < audit.conducted_on:
        raise life.unfit("on", f"{on} lies before the audit, {audit.conducted_on}.")
    before = state(audit)
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
    states = [(audit, before, state(audit)) for audit, before in changed]
    await journal.record(
        session,
        actor,
        [
            Change(
                f"audit.{happened or ('updated' if before else 'created')}",
                audit.id,
                audit.version,
                _told(after),
                _told(before),
                {**_untold(before, after), **(private or {})},
            )
            for audit, before, after in states
        ],
    )
    followed = [
        audit for audit, before, after in states if before and any(before[f] != after[f] for f in FOLLOWED_FIELDS)
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


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that these fields of a request set."""
    columns = dict(given)
    if "criteria" in columns:
        criteria = columns.pop("criteria")
        for name in ("total", "not_applicable", "conforming"):
            columns[f"criteria_{name}"] = getattr(criteria, name) if criteria else None
    return columns


def _told(held: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if name not in UNTOLD_FIELDS}


def _untold(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [before.get(name), after[name]] for name in UNTOLD_FIELDS if before.get(name) != after[name]}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
