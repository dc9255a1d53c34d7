"""Audits and provisions, as the API takes and gives them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.audit.schemas.fields import (
    AuditKind,
    AuditScore,
    Category,
    Code,
    Day,
    OfSupplier,
    Outcome,
    Patch,
    Reference,
    Text,
    View,
)


class NewAudit(OfSupplier):
    """An audit to record."""

    audit_ref: Reference | None = Field(default=None, description="Its natural key; its id unless given")
    kind: AuditKind
    standard: Text = Field(examples=["RBA VAP 8.0"])
    auditor: Text | None = Field(default=None, description="The audit firm")
    scope: list[Category] = Field(default=[], description="The risk categories it covers; empty for all")
    site_code: Code | None = Field(default=None, description="The site it was at; the supplier as a whole unless given")
    conducted_on: Day
    report_received_on: Day | None = None
    score: AuditScore | None = Field(default=None, description="As the report says it")
    outcome: Outcome | None = None


class AuditPatch(Patch):
    """The fields of an audit to change."""

    kind: AuditKind | None = None
    standard: Text | None = None
    auditor: Text | None = None
    scope: list[Category] | None = None
    site_code: Code | None = None
    conducted_on: Day | None = None
    report_received_on: Day | None = None
    score: AuditScore | None = None
    outcome: Outcome | None = None

    @classmethod
    def never_null(cls) -> tuple[str, ...]:
        """What every audit has."""
        return ("kind", "standard", "scope", "conducted_on")


class AuditView(View):
    """An audit."""

    id: UUID
    version: int
    audit_ref: str
    supplier_id: UUID
    supplier_code: str
    kind: AuditKind
    standard: str
    auditor: str | None
    scope: list[str]
    site_code: str | None
    conducted_on: date
    report_received_on: date | None
    score: float | None
    outcome: Outcome | None
    withdrawn_on: date | None
    withdrawn_reason: str | None
    created_at: datetime
    updated_at: datetime


class ProvisionView(View):
    """A provision of a version of a standard."""

    standard: str = Field(examples=["RBA"])
    version: str = Field(examples=["8.0"])
    code: str = Field(examples=["A3"])
    title: str = Field(examples=["Working Hours"])
    section: str = Field(examples=["A"])
    section_title: str = Field(examples=["Labor"])


def audit_view(audit: Any, supplier_code: str) -> AuditView:
    """An audit as the API shows it."""
    shown = {name: getattr(audit, name) for name in AuditView.model_fields if name != "supplier_code"}
    return AuditView(**shown, supplier_code=supplier_code)
