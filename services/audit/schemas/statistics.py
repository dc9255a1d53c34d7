"""Statistics as the API gives them."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.audit.schemas.fields import View

FindingGroupBy = Literal[
    "provision", "category", "severity", "country", "supply_tier", "status", "supplier", "audit_kind", "month"
]
AuditGroupBy = Literal["kind", "outcome", "country", "supply_tier", "auditor", "year"]

Percent = float | None


class DaysToClose(View):
    """Calendar days from discovery to closing, of the improved ones."""

    n: int
    mean: float | None
    median: float | None
    p90: float | None = Field(description="Nine of ten took no longer")


class YearBefore(View):
    """The same days a year earlier, as they stood a year before `as_of`."""

    findings: int
    improvement_rate_percent: Percent


class FindingFigures(View):
    """What is counted of findings; but for `withdrawn`, withdrawn ones are left out."""

    findings: int = Field(description="Discovered in the period")
    withdrawn: int
    suppliers: int = Field(description="Distinct ones")
    open: int = Field(description="Not implemented, as it is today; so are the next three")
    implemented: int
    closed: int
    overdue: int = Field(description="Open, and past the due date")
    improved: int = Field(description="Closed by `as_of`; one that was reopened is not, until it is closed again")
    improvement_rate_percent: Percent = Field(description="Improved ones of all; null of none")
    days_to_close: DaysToClose
    previous: YearBefore
    change_percent: Percent = Field(description="Of the number of findings, against a year earlier; null from none")


class FindingGroup(FindingFigures):
    """The findings of a group."""

    key: str | None = Field(description="Null for findings of which it is not known")
    title: str | None = Field(description="The provision's title, the supplier's name")
    standard: str | None = Field(description="Of a provision")
    code_version: str | None = Field(description="Of a provision")
    supplier_id: UUID | None


class Period(View):
    """The days that are counted."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    as_of: date


class FindingStatistics(Period):
    """Findings by group, largest first."""

    group_by: FindingGroupBy
    policy_version: int | None = Field(description="The scoring policy that says where a provision counts")
    total: FindingFigures
    groups: list[FindingGroup]
    complete: bool = Field(description="Whether these are all groups; the total is always of all")


class AuditFigures(View):
    """What is counted of audits; withdrawn ones are left out."""

    audits: int = Field(description="Conducted in the period")
    planned: int = Field(description="Planned in the period and not conducted; they count nowhere else")
    approved: int
    conditionally_approved: int
    rejected: int
    undecided: int = Field(description="Without an outcome")
    approved_percent: Percent = Field(description="Of those with an outcome, as the next two")
    conditionally_approved_percent: Percent
    rejected_percent: Percent
    mean_score: float | None = Field(description="Of the reported scores")
    scored: int = Field(description="How many have one")
    valid_today: int
    findings: int
    findings_per_audit: float | None


class AuditGroup(AuditFigures):
    """The audits of a group."""

    key: str | None


class AuditStatistics(View):
    """Audits by group, largest first."""

    group_by: AuditGroupBy
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    total: AuditFigures
    groups: list[AuditGroup]
    complete: bool
