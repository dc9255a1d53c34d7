"""Audits, as the API takes and gives them."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from services.audit.domain import vap_scores
from services.audit.domain.audits import AuditStatus
from services.audit.domain.due_dates import Severity
from services.audit.domain.recognition import LevelName
from services.audit.schemas.fields import (
    AuditKind,
    AuditScore,
    Body,
    Categories,
    Code,
    OfSupplier,
    Outcome,
    Patch,
    Reference,
    Text,
    View,
)
from shared.days import Day


def known_profile(name: str) -> str:
    """`name`, or ValueError that says which profiles there are."""
    if name not in vap_scores.PROFILES:
        raise ValueError(f"no such profile; there are {', '.join(vap_scores.PROFILES)}")
    return name


ScoreProfileName = Annotated[
    str,
    AfterValidator(known_profile),
    Field(description="By which a score is computed: see /v1/score-profiles", examples=[vap_scores.DEFAULT_PROFILE]),
]
Count = Annotated[int, Field(ge=0, le=100_000)]


class CriteriaBody(Body):
    """How many criteria the audit had, how many did not apply, and how many were conformed to."""

    total: Count = Field(examples=[85])
    not_applicable: Count = Field(examples=[3])
    conforming: Count = Field(examples=[72])

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        complaint = vap_scores.Criteria(self.total, self.not_applicable, self.conforming).complaint()
        if complaint is not None:
            raise ValueError(complaint)
        return self


class NewAudit(OfSupplier):
    """An audit to record, or to plan: with `planned_on`, `conducted_on` or both."""

    audit_ref: Reference | None = Field(default=None, description="Its natural key; its id unless given")
    kind: AuditKind
    standard: Text = Field(examples=["RBA VAP 8.0"])
    auditor: Text | None = Field(default=None, description="The audit firm")
    auditor_qualification: Text | None = Field(
        default=None, description="What qualifies the audit firm", examples=["RBA-approved audit firm"]
    )
    scope: Categories = Field(default=[], description="The risk categories it covers; empty for all")
    site_code: Code | None = Field(default=None, description="The site it was at; the supplier as a whole unless given")
    planned_on: Day | None = Field(default=None, description="The day it is planned for; may lie in the future")
    conducted_on: Day | None = Field(default=None, description="Left out while it is only planned")
    report_received_on: Day | None = None
    score: AuditScore | None = Field(default=None, description="As the report says it")
    outcome: Outcome | None = None
    criteria: CriteriaBody | None = None
    score_profile: ScoreProfileName = vap_scores.DEFAULT_PROFILE
    follows_audit_id: UUID | None = Field(
        default=None, description="Of a closure audit: the audit whose findings it verifies"
    )

    @model_validator(mode="after")
    def _has_a_day(self) -> Self:
        if self.planned_on is None and self.conducted_on is None:
            raise ValueError("give planned_on, conducted_on or both")
        return self


class AuditPatch(Patch):
    """The fields of an audit to change."""

    kind: AuditKind | None = None
    standard: Text | None = None
    auditor: Text | None = None
    auditor_qualification: Text | None = None
    scope: Categories | None = None
    site_code: Code | None = None
    planned_on: Day | None = None
    conducted_on: Day | None = Field(default=None, description="Once given it can be corrected, not emptied")
    report_received_on: Day | None = None
    score: AuditScore | None = None
    outcome: Outcome | None = None
    criteria: CriteriaBody | None = None
    score_profile: ScoreProfileName | None = None
    follows_audit_id: UUID | None = None

    @classmethod
    def never_null(cls) -> tuple[str, ...]:
        """What every audit has."""
        return ("kind", "standard", "scope", "score_profile")


class CriteriaView(View):
    """How many criteria the audit had, how many did not apply, and how many were conformed to."""

    total: int
    not_applicable: int
    conforming: int


class DeductionView(View):
    """What the audit's own findings of a severity take away; withdrawn ones take nothing."""

    severity: Severity
    count: int
    points: int


class ScorePartsView(View):
    """What the computed score is made of: the base less all deductions, no less than the profile's floor."""

    profile: str
    base: float = Field(description="The profile's scale x conforming / applicable criteria")
    deductions: list[DeductionView]


class RecognitionView(View):
    """Platinum, gold or silver, by the score that counts and the findings that are verified as closed."""

    level: LevelName | None
    score: float | None = Field(description="Of the latest reported closure audit that has one, else the audit's own")
    lacking: list[str] = Field(description="What the next level asks for and is not there")


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
    auditor_qualification: str | None
    scope: list[str]
    site_code: str | None
    status: AuditStatus = Field(description="On this day (UTC)")
    planned_on: date | None
    conducted_on: date | None = Field(description="Null while it is only planned")
    report_received_on: date | None
    valid_until: date | None = Field(
        description="The last day on which it counts; null for one that is planned, withdrawn, regulatory or incident"
    )
    score: float | None = Field(description="As the report says it; this one counts")
    score_profile: str
    criteria: CriteriaView | None
    computed_score: float | None = Field(description="By the criteria and the audit's own findings; null without them")
    score_parts: ScorePartsView | None
    score_difference: float | None = Field(description="Reported less computed; null where either is missing")
    outcome: Outcome | None
    follows_audit_id: UUID | None
    recognition: RecognitionView | None = Field(description="Null for kinds that cannot have one")
    withdrawn_on: date | None
    withdrawn_reason: str | None
    created_at: datetime
    updated_at: datetime


class ScoreProfileView(View):
    """How a score is computed: the scale x conforming / applicable criteria, less points for each finding."""

    name: str = Field(examples=["rba_vap_2019"])
    title: str
    scale: int = Field(examples=[200])
    deductions: dict[str, int] = Field(examples=[{"priority": 20, "major": 4, "minor": 1}])
    floor: int


COMPUTED = frozenset(
    {
        "supplier_code",
        "status",
        "valid_until",
        "criteria",
        "computed_score",
        "score_parts",
        "score_difference",
        "recognition",
    }
)


def audit_view(audit: Any, supplier_code: str, figures: Any) -> AuditView:
    """An audit as the API shows it; `figures` are those that follow from it, its findings and the day."""
    shown = {name: getattr(audit, name) for name in AuditView.model_fields if name not in COMPUTED}
    computed = figures.computed
    return AuditView(
        **shown,
        supplier_code=supplier_code,
        status=figures.status,
        valid_until=figures.valid_until,
        criteria=CriteriaView.model_validate(figures.criteria) if figures.criteria else None,
        computed_score=computed.score if computed else None,
        score_parts=ScorePartsView.model_validate(computed) if computed else None,
        score_difference=figures.score_difference,
        recognition=RecognitionView.model_validate(figures.recognition) if figures.recognition else None,
    )
