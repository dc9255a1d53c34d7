"""Findings and steps that are not stored yet: plain objects, since thousands of mapped ones only cost time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

UNSAID_DAY = date.min
UNSAID_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class FindingDraft:
    """A finding to be, with the fields of a stored one; those from `standard` on wait for what is said of it."""

    id: UUID
    finding_ref: str
    supplier_id: UUID
    audit_id: UUID | None
    imported: bool
    created_by: str
    version: int = 0
    standard: str = ""
    code_version: str = ""
    provision: str = ""
    severity: str = ""
    site_code: str | None = None
    site_given: bool = False
    description: str | None = None
    internal_note: str | None = None
    discovered_on: date = UNSAID_DAY
    due_on: date = UNSAID_DAY
    due_given: bool = False
    plan_due_on: date = UNSAID_DAY
    status: str = "open"
    implemented_on: date | None = None
    closed_on: date | None = None
    withdrawn_on: date | None = None
    created_at: datetime = UNSAID_TIME
    updated_at: datetime = UNSAID_TIME


@dataclass(slots=True)
class TransitionDraft:
    """A step to be, with the fields of a stored one."""

    finding_id: UUID
    n: int
    to: str
    on: date
    by: str
    reason: str | None = None
    audit_id: UUID | None = None
