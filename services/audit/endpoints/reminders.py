"""`/v1/surveys/{survey_id}/reminders`: who was reminded, and reminding now."""

from uuid import UUID

from fastapi import Response

from services.audit.endpoints.callers import Reader, Writer
from services.audit.models import SurveyReminder
from services.audit.repository import survey_reminders as repository
from services.audit.repository import surveys as surveys_repository
from services.audit.schemas.survey_links import RemindersAsked, ReminderView
from services.audit.service import reminders
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/surveys/{survey_id}/reminders", "surveys")


@router.get("")
async def list_reminders(survey_id: UUID, session: Reading, caller: Reader, pages: Pages) -> Page[ReminderView]:
    """List the reminders that were due to suppliers that had not answered, and what came of them."""
    caller.refuse_bound("survey")
    await surveys_repository.get_survey(session, survey_id)
    query = repository.reminders_of_survey(survey_id)
    rows, following = await pages.read(session, query, SurveyReminder.due_on, SurveyReminder.response_id)
    held = ("due_on", "outcome", "recipients", "detail", "sent_at")
    return Page(
        items=[
            ReminderView(
                supplier_id=row.supplier_id,
                supplier_code=row.supplier_code,
                **{name: getattr(row.SurveyReminder, name) for name in held},
            )
            for row in rows
        ],
        next_cursor=following,
    )


@router.post("", status_code=202)
async def send_reminders(survey_id: UUID, session: Transaction, caller: Writer, response: Response) -> RemindersAsked:
    """Remind all suppliers that have not answered now, but for those reminded today."""
    caller.refuse_bound("survey")
    task_id, day = await reminders.ask_for_round(session, survey_id)
    response.headers["Location"] = f"/v1/surveys/{survey_id}/reminders"
    return RemindersAsked(task_id=task_id, due_on=day)
