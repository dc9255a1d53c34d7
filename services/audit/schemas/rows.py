"""The lines of `audits`, `findings` and `surveys` files."""

from typing import Self

from pydantic import BaseModel, model_validator

from services.audit.domain.due_dates import Severity
from services.audit.domain.provisions import RBA
from services.audit.schemas.fields import (
    AuditKind,
    AuditScore,
    Bars,
    Category,
    CategoryScore,
    Code,
    LongText,
    Outcome,
    Reference,
    Text,
    Year,
)
from shared.days import Day


class AuditRow(BaseModel):
    """A line of an `audits` file."""

    audit_ref: Reference
    supplier_code: Code
    kind: AuditKind
    standard: Text
    conducted_on: Day
    auditor: Text | None = None
    report_received_on: Day | None = None
    score: AuditScore | None = None
    scope: Bars = []
    site_code: Code | None = None
    outcome: Outcome | None = None


class FindingRow(BaseModel):
    """A line of a `findings` file; its dates are history, which may lack steps in between."""

    finding_ref: Reference
    audit_ref: Reference
    supplier_code: Code
    provision: Code
    code_version: Code
    severity: Severity
    discovered_on: Day
    code_standard: Code = RBA
    closed_on: Day | None = None
    plan_approved_on: Day | None = None
    implemented_on: Day | None = None
    withdrawn_on: Day | None = None
    due_on: Day | None = None
    description: LongText | None = None

    @model_validator(mode="after")
    def restore_version(self) -> Self:
        """The editions of the RBA's Code are 8.0 and 7.0, of which spreadsheets make the numbers 8 and 7."""
        if self.code_standard == RBA and self.code_version.isdecimal():
            self.code_version = f"{self.code_version}.0"
        return self


class SurveyRow(BaseModel):
    """A line of a `surveys` file: what a supplier reached in one category."""

    supplier_code: Code
    year: Year
    category: Category
    score: CategoryScore
    submitted_on: Day | None = None
