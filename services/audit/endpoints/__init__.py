"""The audit service's routes."""

from services.audit.endpoints import audits, finding_steps, findings, plans, provisions, surveys
from services.audit.service.imports import KINDS
from shared.imports.endpoints import import_router

routers = (
    provisions.router,
    audits.router,
    findings.router,
    plans.router,
    finding_steps.router,
    surveys.router,
    import_router(KINDS, read_scope="audit:read"),
)
