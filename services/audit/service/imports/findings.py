"""Taking in a batch of findings, with as many statements for one row as for a thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import findings as life
from services.audit.domain.provisions import ProvisionName
from services.audit.models import Finding, TransitionDraft
from services.audit.repository import audits as audits_repository
from services.audit.repository import findings as repository
from services.audit.repository.audits import FollowedAudit
from services.audit.schemas.rows import FindingRow
from services.audit.service import findings, standards
from services.audit.service.findings import FindingChange
from services.audit.service.imports.finding_history import Refused, check_fields, record_steps, steps_of
from services.audit.service.standards import Complaints
from services.audit.service.today import today
from shared.auth.principal import Actor
from shared.errors import Invalid
from shared.imports import Row, RowError

FIELD_OF_COLUMN = {
    "code_standard": "standard",
    "code_version": "code_version",
    "provision": "provision",
    "severity": "severity",
    "discovered_on": "discovered_on",
    "due_on": "due_on",
    "description": "description",
}
COLUMN_OF_FIELD = {field: column for column, field in FIELD_OF_COLUMN.items()}
UNTOLD_FIELDS = ("description", "due_given")
"""What a row can change without a word of it in the feed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rows of a batch refer to, and what there is of them already."""

    audits: dict[str, FollowedAudit]
    findings: dict[str, Finding]
    lives: dict[UUID, list[life.Transition]]
    complaints: Complaints


async def apply_findings(session: AsyncSession, actor: Actor, rows: Sequence[Row[FindingRow]]) -> list[RowError]:
    """Create or change the findings of a batch, and record their steps."""
    day = today()
    around = await _look_around(session, rows)
    errors: list[RowError] = []
    changes: list[FindingChange] = []
    with session.no_autoflush:
        for row in rows:
            try:
                change = _take_in(around, actor, row, day)
            except Refused as refused:
                errors.append(RowError(row.line, refused.column, refused.message))
                continue
            if change is not None:
                changes.append(change)
    await findings.save(session, actor, changes)
    return errors


async def _look_around(session: AsyncSession, rows: Sequence[Row[FindingRow]]) -> Surroundings:
    audits = await audits_repository.hold_followed_by_ref(session, {row.data.audit_ref for row in rows})
    held = await repository.lock_findings_by_ref(session, [row.data.finding_ref for row in rows])
    transitions = await repository.list_transitions(session, [finding.id for finding in held.values()])
    lives = {key: [life.Transition(t.to, t.on) for t in taken] for key, taken in transitions.items()}
    named = {_provision_named(row, held.get(row.data.finding_ref)) for row in rows}
    return Surroundings(audits, held, lives, await standards.find_complaints(session, named))


def _fields_of(row: Row[FindingRow], held: Finding | None) -> dict[str, Any]:
    """What the row says of the finding itself."""
    fields = {FIELD_OF_COLUMN[column]: getattr(row.data, column) for column in row.given & FIELD_OF_COLUMN.keys()}
    return fields if held else {"standard": row.data.code_standard, **fields}


def _provision_named(row: Row[FindingRow], held: Finding | None) -> ProvisionName:
    """The provision that the finding is to name once the row is taken in."""
    if held is None:
        return ProvisionName(row.data.code_standard, row.data.code_version, row.data.provision)
    return findings.provision_named(held, _fields_of(row, held))


def _take_in(around: Surroundings, actor: Actor, row: Row[FindingRow], day: date) -> FindingChange | None:
    """What a row changes, or None; Refused before anything is set."""
    audit = _audit_of(around, row.data)
    held = around.findings.get(row.data.finding_ref)
    if held is not None and held.supplier_id != audit.supplier_id:
        raise Refused("supplier_code", f"finding {held.finding_ref} is of another supplier")
    if "code_standard" in row.given and "code_standard" not in row.data.model_fields_set:
        raise Refused("code_standard", "code_standard cannot be emptied: name the standard, RBA or another")
    taken = around.lives.get(held.id, []) if held else []
    before = findings.feed_state(held, taken) if held else {}
    untold = _untold(held) if held else {}
    steps = steps_of(row)
    finding = held or findings.build(actor, audit.supplier_id, audit.id, row.data.finding_ref, imported=True)
    fields = _fields_of(row, held)
    if held is not None:
        check_fields(held, {**fields, "audit_id": audit.id})
    discovered_on = row.data.discovered_on if held is None or "discovered_on" in fields else held.discovered_on
    recorded, after = record_steps(held, steps, taken, discovered_on, day)
    try:
        findings.apply_fields(finding, fields, audit, after, day, around.complaints)
    except Invalid as error:
        field = error.fields[0].pointer.removeprefix("#/")
        raise Refused(COLUMN_OF_FIELD.get(field, field), error.fields[0].detail) from None
    finding.audit_id = audit.id
    findings.stand(finding, after)
    if held is not None and (findings.feed_state(held, after), _untold(held)) == (before, untold):
        return None
    added = [
        TransitionDraft(finding.id, n, step.to, step.on, by=actor.sub)
        for n, step in enumerate(recorded, start=len(taken) + 1)
    ]
    happened = "created" if held is None else recorded[-1].to if recorded else "updated"
    change = FindingChange(finding, before, after, happened, added)
    if untold.get("description") != finding.description:
        change.private["description"] = [untold.get("description"), finding.description]
    return change


def _untold(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in UNTOLD_FIELDS}


def _audit_of(around: Surroundings, row: FindingRow) -> FollowedAudit:
    audit = around.audits.get(row.audit_ref)
    if audit is None:
        raise Refused("audit_ref", f"there is no audit {row.audit_ref}")
    if audit.supplier_code != row.supplier_code:
        message = f"audit {audit.audit_ref} is of supplier {audit.supplier_code}, not {row.supplier_code}"
        raise Refused("supplier_code", message)
    held = around.findings.get(row.finding_ref)
    if audit.withdrawn_on is not None and (held is None or held.audit_id != audit.id):
        raise Refused("audit_ref", f"audit {audit.audit_ref} is withdrawn; it takes no more findings")
    if audit.conducted_on is None:
        raise Refused("audit_ref", f"audit {audit.audit_ref} is only planned; findings come once it is conducted")
    return audit
