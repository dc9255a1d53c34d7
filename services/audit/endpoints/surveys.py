"""`/v1/surveys`: a campaign a year."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.endpoints.callers import Reader, Writer
from services.audit.models import Survey
from services.audit.repository import surveys as repository
from services.audit.schemas.surveys import MoreSuppliers, NewSurvey, SurveyPatch, SurveyView
from services.audit.service import suppliers, surveys
from shared.errors import NotFound
from shared.web.caller import Opened
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/surveys", "surveys")


async def read_new_survey(
    _caller: Writer, body: NewSurvey, resources: Opened
) -> tuple[NewSurvey, list[suppliers.Supplier]]:
    """The body and the suppliers that it names, found before the transaction begins."""
    return body, await suppliers.find_named_suppliers(resources, body.suppliers)


async def find_more_suppliers(_caller: Writer, body: MoreSuppliers, resources: Opened) -> list[suppliers.Supplier]:
    """The suppliers to ask as well, found before the transaction begins."""
    return await suppliers.find_named_suppliers(resources, body.suppliers)


@router.post("", status_code=201)
async def create_survey(
    given: Annotated[tuple[NewSurvey, list[suppliers.Supplier]], Depends(read_new_survey)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> SurveyView:
    """Start a year's campaign; silence past its due date counts 0."""
    body, asked = given
    survey = await surveys.create_survey(session, caller.actor, body, [supplier.id for supplier in asked])
    response.headers["Location"] = f"/v1/surveys/{survey.id}"
    return await _single(session, survey.id, None, response)


@router.get("")
async def list_surveys(
    session: Reading, caller: Reader, pages: Pages, year: Annotated[int | None, Query()] = None
) -> Page[SurveyView]:
    """List campaigns by year; a supplier sees those that ask it."""
    query = repository.surveys_with_counts(None, caller.supplier_id)
    if year is not None:
        query = query.where(Survey.year == year)
    rows, following = await pages.read(session, query, Survey.year)
    return Page(items=[_view(row) for row in rows], next_cursor=following)


@router.get("/{survey_id}")
async def get_survey(survey_id: UUID, session: Reading, caller: Reader, response: Response) -> SurveyView:
    """Read one campaign."""
    return await _single(session, survey_id, caller.supplier_id, response)


@router.patch("/{survey_id}")
async def change_survey(
    survey_id: UUID, body: SurveyPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> SurveyView:
    """Change a campaign; a moved due date holds for all its responses, and silence is counted from it."""
    await surveys.change_survey(session, caller.actor, survey_id, expected, body)
    return await _single(session, survey_id, None, response)


@router.post("/{survey_id}/suppliers")
async def add_suppliers(
    survey_id: UUID,
    asked: Annotated[list[suppliers.Supplier], Depends(find_more_suppliers)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> SurveyView:
    """Ask further suppliers; those asked already stay as they are."""
    await surveys.add_suppliers(session, caller.actor, survey_id, [supplier.id for supplier in asked])
    return await _single(session, survey_id, None, response)


async def _single(session: AsyncSession, survey_id: UUID, supplier_id: UUID | None, response: Response) -> SurveyView:
    row = (await session.execute(repository.surveys_with_counts(survey_id, supplier_id))).one_or_none()
    if row is None:
        raise NotFound("No such survey.")
    # How many have answered changes without the campaign's version.
    set_etag(response, row.Survey.version, row.asked, row.submitted)
    return _view(row)


def _view(row: Any) -> SurveyView:
    counted = {
        "asked": row.asked,
        "submitted": row.submitted,
        "response_rate": round(row.submitted / row.asked, 4) if row.asked else None,
    }
    held = {name: getattr(row.Survey, name) for name in SurveyView.model_fields if name not in counted}
    return SurveyView(**held, **counted)
