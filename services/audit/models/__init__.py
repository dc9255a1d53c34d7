"""The audit service's tables."""

from services.audit.models.audits import Audit
from services.audit.models.base import Base
from services.audit.models.drafts import FindingDraft, TransitionDraft
from services.audit.models.files import StoredFile
from services.audit.models.findings import Finding, FindingCommitment, FindingExtension, FindingTransition, Plan
from services.audit.models.standards import Provision, Standard
from services.audit.models.suppliers import SupplierCopy
from services.audit.models.surveys import (
    Questionnaire,
    Survey,
    SurveyLink,
    SurveyReminder,
    SurveyReopening,
    SurveyResponse,
    SurveySubmission,
)
from shared import feed, imports, journal, tasks
from shared.feed import following
from shared.web import idempotency

__all__ = [
    "TABLES",
    "Audit",
    "Finding",
    "FindingCommitment",
    "FindingDraft",
    "FindingExtension",
    "FindingTransition",
    "Plan",
    "Provision",
    "Questionnaire",
    "Standard",
    "StoredFile",
    "SupplierCopy",
    "Survey",
    "SurveyLink",
    "SurveyReminder",
    "SurveyReopening",
    "SurveyResponse",
    "SurveySubmission",
    "TransitionDraft",
]

TABLES = (
    Base.metadata,
    feed.metadata,
    following.metadata,
    journal.metadata,
    tasks.metadata,
    imports.metadata,
    idempotency.metadata,
)
"""All tables of the schema: its own, and those of the mechanisms that it uses."""
