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

TAGS = {
    "standards": "Codes of conduct in their editions, and the provisions that findings name",
    "audits": "Visits to a supplier's sites, on whatever standard, and what they concluded",
    "findings": "What an audit found amiss, from its discovery to its closing, each with the day on which it is due",
    "corrective action plans": "How a supplier means to mend a finding; decided on by a person who did not submit it",
    "commitments": "What a supplier promised about a finding in a support meeting, and whether it was kept",
    "evidence": "Files that show what was found, and that it was mended",
    "surveys": "Annual questionnaires, the campaigns that ask them, and what suppliers answered, scored by category",
    "statistics": "Findings counted by provision, category, severity or country, how many were mended and how fast",
}
"""What the groups of routes are, for the API's description."""

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
