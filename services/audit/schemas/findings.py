"""Findings, their plans and steps, as the API takes and gives them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator

from services.audit.domain.due_dates import Severity
from services.audit.domain.findings import State, Step, is_overdue, is_plan_overdue
from services.audit.domain.provisions import RBA
from services.audit.schemas.fields import Body, Code, Email, LongText, Patch, Reference, Text, View, check_one_name
from shared.days import Day


class FindingFields(Body):
    """What a finding says."""

    finding_ref: Reference | None = Field(default=None, description="Its natural key; its id unless given")
    standard: Code = RBA
    code_version: Code = Field(examples=["8.0"])
    provision: Code = Field(examples=["A3"])
    severity: Severity
    site_code: Code | None = Field(default=None, description="Its audit's unless given")
    discovered_on: Day
    due_on: Day | None = Field(default=None, description="By the clocks of its severity unless given")
    description: LongText | None = None
    internal_note: LongText | None = Field(default=None, description="Never shown to the supplier")


class NewFindingOfAudit(FindingFields):
    """A finding of the audit that the address names."""


class NewFinding(FindingFields):
    """A finding to record: of an audit, or of a supplier without one."""

    audit_id: UUID | None = None
    supplier_id: UUID | None = None
    supplier_code: Code | None = None

    @model_validator(mode="after")
    def _of_an_audit_or_a_supplier(self) -> "NewFinding":
        if self.audit_id is None:
            check_one_name(self.supplier_id, self.supplier_code)
        elif self.supplier_id is not None and self.supplier_code is not None:
            raise ValueError("name the supplier by supplier_id or by supplier_code, not by both")
        return self


class FindingPatch(Patch):
    """The fields of a finding to change; its steps are taken by their own requests."""

    standard: Code | None = None
    code_version: Code | None = None
    provision: Code | None = None
    severity: Severity | None = None
    site_code: Code | None = None
    discovered_on: Day | None = None
    description: LongText | None = None
    internal_note: LongText | None = None

    @classmethod
    def never_null(cls) -> tuple[str, ...]:
        """What every finding has."""
        return ("standard", "code_version", "provision", "severity", "discovered_on")


class PlanBody(Body):
    """A corrective action plan."""

    root_cause: LongText
    containment_action: LongText | None = Field(default=None, description="What was done at once")
    corrective_action: LongText
    preventive_action: LongText | None = None
    starts_on: Day | None = None
    completes_on: Day | None = Field(default=None, description="When all of it is to be done")
    contact_name: Text | None = Field(default=None, description="Whom to ask; erased on request, like the address")
    contact_email: Email | None = Field(
        default=None, validate_default=True, description="Needed with a name, which is erased by it"
    )

    @field_validator("contact_email")
    @classmethod
    def _given_with_a_name(cls, contact_email: str | None, info: ValidationInfo) -> str | None:
        if contact_email is None and info.data.get("contact_name") is not None:
            raise ValueError("contact_name needs contact_email, by which it is erased on request")
        return contact_email

    @field_validator("completes_on")
    @classmethod
    def _not_done_before_it_starts(cls, completes_on: date | None, info: ValidationInfo) -> date | None:
        starts_on = info.data.get("starts_on")
        if completes_on is not None and starts_on is not None and completes_on < starts_on:
            raise ValueError(f"the plan cannot be done before it starts on {starts_on}")
        return completes_on


class ContactErasure(Body):
    """Whose contact data to erase."""

    email: Email


class ContactErasureView(View):
    """What was erased."""

    erased: int = Field(description="How many submitted plans held the address")


class StepBody(Body):
    """A step that needs no reason."""

    on: Day | None = Field(default=None, description="Today unless given; no day before the step before it")
    reason: Text | None = None


class ClosingStepBody(StepBody):
    """The closing of a finding that was verified."""

    closure_audit_id: UUID | None = Field(default=None, description="The closure audit that verified it")


class ReasonedStepBody(Body):
    """A step that needs a reason."""

    reason: Text
    on: Day | None = Field(default=None, description="Today unless given; no day before the step before it")


class ExtensionBody(Body):
    """A later due date, and why it is granted."""

    due_on: Day
    reason: Text


class PlanView(PlanBody):
    """A corrective action plan as it was submitted."""

    model_config = View.model_config

    n: int = Field(description="How many times a plan was submitted until then, this one included")
    containment_action: str | None
    preventive_action: str | None
    starts_on: date | None
    completes_on: date | None
    contact_name: str | None
    contact_email: str | None
    submitted_by: str = Field(description="Opaque id of who submitted it")
    submitted_at: datetime


class TransitionView(View):
    """A step in a finding's life."""

    to: Step
    on: date
    by: str = Field(description="Opaque id of who took it")
    reason: str | None
    audit_id: UUID | None = Field(description="The closure audit that verified it, where one did")
    recorded_at: datetime


class ExtensionView(View):
    """A later due date that was granted."""

    due_on_before: date
    due_on: date
    by: str
    reason: str
    recorded_at: datetime


class FindingView(View):
    """A finding."""

    id: UUID
    version: int
    finding_ref: str
    supplier_id: UUID
    supplier_code: str
    audit_id: UUID | None
    standard: str
    code_version: str
    provision: str
    severity: Severity
    site_code: str | None
    description: str | None
    internal_note: str | None = Field(description="Null for the supplier")
    discovered_on: date
    due_on: date
    plan_due_on: date = Field(description="Until when a corrective action plan is due")
    status: State = Field(description="Where its steps have led; a reopened finding is open")
    implemented_on: date | None = Field(description="Null unless implemented or closed; so again once it is reopened")
    closed_on: date | None = Field(description="Null unless closed")
    withdrawn_on: date | None = Field(description="Null unless withdrawn")
    overdue: bool = Field(description="Whether it is past its due date today (UTC) and not implemented")
    plan_overdue: bool = Field(description="Whether its plan was due before today (UTC) and none waits or is approved")
    created_at: datetime
    updated_at: datetime


class FindingDetail(FindingView):
    """A finding with its life."""

    transitions: list[TransitionView] = Field(description="By day, then in the order of recording")
    extensions: list[ExtensionView]
    open_commitments: int = Field(
        description="What the supplier promised about it in support meetings and has not kept yet"
    )
    overdue_commitments: int = Field(description="Those of them that were due before today (UTC)")


def finding_fields(finding: Any, supplier_code: str, *, today: date, to_supplier: bool) -> dict[str, Any]:
    """A finding's fields as the API shows them."""
    computed = {"supplier_code", "overdue", "plan_overdue", "internal_note"}
    shown = {name: getattr(finding, name) for name in FindingView.model_fields if name not in computed}
    return {
        **shown,
        "supplier_code": supplier_code,
        "overdue": is_overdue(finding.status, finding.due_on, today),
        "plan_overdue": is_plan_overdue(finding.status, finding.plan_due_on, today),
        "internal_note": None if to_supplier else finding.internal_note,
    }
