"""Taking in files of audits, findings and survey scores."""

from services.audit.schemas.rows import AuditRow, FindingRow, SurveyRow
from services.audit.service.imports.audits import apply_audits
from services.audit.service.imports.findings import apply_findings
from services.audit.service.imports.suppliers import prepare_suppliers
from services.audit.service.imports.surveys import apply_surveys
from shared.imports import ImportKind

KINDS = (
    ImportKind("audits", AuditRow, ("audit_ref",), "audit:write", apply_audits, prepare_suppliers),
    ImportKind("findings", FindingRow, ("finding_ref",), "audit:write", apply_findings),
    ImportKind(
        "surveys", SurveyRow, ("supplier_code", "year", "category"), "audit:write", apply_surveys, prepare_suppliers
    ),
)
