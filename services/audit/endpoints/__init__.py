"""The audit service's routes."""

from services.audit.endpoints import (
    answer_form,
    audits,
    closures,
    commitments,
    evidence,
    finding_history,
    finding_steps,
    findings,
    plan_contacts,
    plan_sheets,
    plans,
    questionnaires,
    reminders,
    response_files,
    responses,
    standards,
    statistics,
    survey_links,
    surveys,
)
from services.audit.service.imports import KINDS
from shared.imports.endpoints import import_router

routers = (
    standards.router,
    audits.router,
    closures.router,
    findings.router,
    plans.router,
    plan_contacts.router,
    plan_sheets.router,
    finding_steps.router,
    finding_history.router,
    commitments.finding_router,
    commitments.router,
    questionnaires.router,
    surveys.router,
    responses.router,
    survey_links.router,
    reminders.router,
    answer_form.router,
    evidence.router,
    response_files.router,
    statistics.router,
    import_router(KINDS, read_scope="audit:read"),
)
