"""Findings with their plans as one line each: what a sheet of plans holds, and what comes back in it."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from services.audit.domain.due_dates import Severity
from services.audit.domain.findings import State
from services.audit.schemas.fields import Email, LongText, Reference, Text, View
from shared.days import Day


class PlanRow(BaseModel):
    """A line of a `plans` file."""

    finding_ref: Reference
    root_cause: LongText | None = None
    containment_action: LongText | None = None
    corrective_action: LongText | None = None
    preventive_action: LongText | None = None
    starts_on: Day | None = None
    completes_on: Day | None = None
    contact_name: Text | None = None
    contact_email: Email | None = None


class PlanLine(View):
    """A finding, and the plan that was submitted for it last."""

    finding_id: UUID
    finding_ref: str
    supplier_code: str
    provision: str
    title: str | None = Field(description="The provision's; null where its standard is not held")
    severity: Severity
    description: str | None
    due_on: date
    plan_due_on: date
    status: State
    reject_reason: str | None = Field(description="Why the last plan that was rejected was")
    root_cause: str | None
    containment_action: str | None
    corrective_action: str | None
    preventive_action: str | None
    starts_on: date | None
    completes_on: date | None
    contact_name: str | None
    contact_email: str | None


TO_FILL_IN = tuple(name for name in PlanRow.model_fields if name != "finding_ref")
SHEET_COLUMNS = tuple(name for name in PlanLine.model_fields if name != "finding_id")
SHOWN_ONLY = tuple(name for name in SHEET_COLUMNS if name not in PlanRow.model_fields)
