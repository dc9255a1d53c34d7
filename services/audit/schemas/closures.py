"""The closing of findings by a closure audit, as the API takes and gives it."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from services.audit.domain.findings import State
from services.audit.schemas.fields import Body, Text, View
from shared.days import Day

MOST_FINDINGS = 200


class FindingToClose(Body):
    """A finding, in the version that the decision is based on."""

    finding_id: UUID
    version: int = Field(ge=1)


class ClosingBody(Body):
    """The findings that a closure audit has verified."""

    findings: list[FindingToClose] = Field(min_length=1, max_length=MOST_FINDINGS)
    on: Day | None = Field(default=None, description="Today unless given; no day before the closure audit")
    reason: Text | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({item.finding_id for item in self.findings}) < len(self.findings):
            raise ValueError("findings names one of them twice")
        return self


class ClosedFinding(View):
    """A finding that is closed now."""

    id: UUID
    version: int
    finding_ref: str
    status: State
    closed_on: date


class ClosedFindings(View):
    """What a closure audit closed in one step."""

    audit_id: UUID
    findings: list[ClosedFinding] = Field(description="In the order of the request")
