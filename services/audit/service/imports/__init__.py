"""Taking in files of audits, findings, plans and survey scores."""

from services.audit.schemas.plan_sheets import SHOWN_ONLY, PlanRow
from services.audit.schemas.rows import AuditRow, FindingRow, SurveyRow
from services.audit.service.imports.audits import apply_audits
from services.audit.service.imports.findings import apply_findings
from services.audit.service.imports.plans import apply_plans
from services.audit.service.imports.suppliers import prepare_suppliers
from services.audit.service.imports.surveys import apply_surveys
from shared.imports import ImportKind

KINDS = (
    ImportKind(
        "audits",
        AuditRow,
        ("audit_ref",),
        "audit:write",
        apply_audits,
        prepare_suppliers,
        prose=frozenset({"auditor"}),
    ),
    ImportKind(
        "findings", FindingRow, ("finding_ref",), "audit:write", apply_findings, prose=frozenset({"description"})
    ),
    ImportKind(
        "plans",
        PlanRow,
        ("finding_ref",),
        "audit:submit",
        apply_plans,
        prose=frozenset({"root_cause", "containment_action", "corrective_action", "preventive_action", "contact_name"}),
        private=frozenset({"contact_name", "contact_email"}),
        passed_over=SHOWN_ONLY,
        open_to_suppliers=True,
    ),
    ImportKind(
        "surveys", SurveyRow, ("supplier_code", "year", "category"), "audit:write", apply_surveys, prepare_suppliers
    ),
)
