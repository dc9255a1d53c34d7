"""`/v1/surveys/{survey_id}/responses/{supplier_id}/link`: for suppliers that answer in a browser without an account."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import Response

from services.audit.endpoints.callers import Writer
from services.audit.schemas.survey_links import NewSurveyLink, SurveyLinkView
from services.audit.service import survey_links
from shared.web.caller import Opened
from shared.web.route import new_router
from shared.web.transaction import Transaction

router = new_router("/v1/surveys/{survey_id}/responses/{supplier_id}/link", "surveys")


@router.post("", status_code=201)
async def create_survey_link(
    survey_id: UUID,
    supplier_id: UUID,
    body: NewSurveyLink,
    session: Transaction,
    resources: Opened,
    caller: Writer,
    response: Response,
) -> SurveyLinkView:
    """Make a link by which the supplier answers once; older links to the same response end."""
    caller.refuse_bound("response")
    settings, now = survey_links.settings_of(resources), datetime.now(UTC)
    link = await survey_links.create_link(session, caller.actor, settings, survey_id, supplier_id, body.expires_on, now)
    response.headers["Cache-Control"] = "no-store"
    return SurveyLinkView(url=link.url, expires_at=link.expires_at)


@router.delete("", status_code=204)
async def withdraw_survey_links(survey_id: UUID, supplier_id: UUID, session: Transaction, caller: Writer) -> None:
    """End the links to a response; what was saved through them stays."""
    caller.refuse_bound("response")
    await survey_links.withdraw_links(session, caller.actor, survey_id, supplier_id, datetime.now(UTC))
