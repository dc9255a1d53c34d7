"""`/v1/surveys/{survey_id}/responses`: what suppliers answer."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.answers import missing
from services.audit.domain.questionnaires import parse
from services.audit.endpoints.callers import Approver, Reader, Submitter
from services.audit.endpoints.export_tables import response_table
from services.audit.models import SurveyResponse, SurveySubmission
from services.audit.repository import suppliers as suppliers_repository
from services.audit.repository import survey_answers
from services.audit.repository import surveys as repository
from services.audit.schemas.responses import (
    ReopeningView,
    ResponseBody,
    ResponseDetail,
    ResponseReopening,
    ResponseView,
    SubmissionView,
)
from services.audit.service import response_sheet_reading, response_sheets, responses
from services.audit.service.response_sheet_reading import FilledSheet
from services.audit.service.response_sheet_words import XLSX
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.languages import DEFAULT, language_of
from shared.web import exports
from shared.web.accepting import find_preferred_type
from shared.web.caller import Opened
from shared.web.etags import IfMatch, IfMatchWhereGiven, if_match, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

Tag = Literal["en", "zh", "zh-Hans", "zh-Hant"]
COUNTED = ("supplier_code", "questionnaire_id", "missing", "submissions")
WORKBOOK: dict[str, Any] = {XLSX: {"schema": {"type": "string", "format": "binary"}}}

router = new_router("/v1/surveys/{survey_id}/responses", "surveys")


async def read_answers(request: Request, _caller: Submitter) -> ResponseBody | FilledSheet:
    """The draft that the request carries, as JSON or as the sheet that went out; read before the transaction begins."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() == XLSX:
        return await asyncio.to_thread(response_sheet_reading.read_sheet, await request.body())
    try:
        return ResponseBody.model_validate_json(await request.body())
    except ValidationError as error:
        # Named as any other body's faults are.
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from None


@router.get("", response_model=Page[ResponseView], responses=exports.AS_FILE)
async def list_responses(
    survey_id: UUID, session: Reading, caller: Reader, pages: Pages, resources: Opened, wanted: exports.WantedFile
) -> Page[ResponseView] | Response:
    """List a campaign's responses, those still awaited included; a supplier sees its own. A file has all of them."""
    await repository.get_survey(session, survey_id)
    query = repository.responses_of_survey(survey_id, caller.supplier_id)
    rows, following = await pages.read(session, query, SurveyResponse.id)
    if caller.supplier_id is not None and not rows:
        raise NotFound("No such survey.")
    if wanted is not None:
        table = await response_table(session, survey_id, query.order_by(SurveyResponse.id))
        await session.close()  # whoever holds one connection and waits for another can starve the pool
        return await exports.export(resources, wanted, table)
    return Page(items=[_view(row) for row in rows], next_cursor=following)


@router.get(
    "/{supplier_id}",
    response_model=ResponseDetail,
    responses={200: {"content": WORKBOOK, "description": "The response; as a workbook to fill in and send back"}},
)
async def get_response(
    survey_id: UUID,
    supplier_id: UUID,
    session: Reading,
    caller: Reader,
    response: Response,
    request: Request,
    language: Annotated[Tag, Query(description="Of the sheet; zh is zh-Hans")] = "en",
) -> ResponseDetail | Response:
    """Read a supplier's response with the answers as they stand, as JSON or as a workbook to fill in."""
    caller.see_only_own(supplier_id, "response")
    response_id = await survey_answers.get_response_id(session, survey_id, supplier_id)
    if find_preferred_type(request, (exports.JSON, XLSX)) != XLSX:
        return await _single(session, response_id, response)
    sheet = await responses.get_response_sheet(session, response_id)
    code = (await suppliers_repository.get_codes(session, [supplier_id]))[supplier_id]
    known = language_of(language) or DEFAULT
    content = await asyncio.to_thread(response_sheets.write_sheet, sheet, code, known)
    name = f"survey-{sheet.survey.year}-{known}.xlsx"
    workbook = Response(content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})
    set_etag(workbook, sheet.response.version, "xlsx", known)
    return workbook


@router.put(
    "/{supplier_id}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {exports.JSON: {"schema": ResponseBody.model_json_schema()}, **WORKBOOK},
        }
    },
)
async def save_response(
    survey_id: UUID,
    supplier_id: UUID,
    given: Annotated[ResponseBody | FilledSheet, Depends(read_answers)],
    session: Transaction,
    caller: Submitter,
    response: Response,
    header: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The response's ETag; needed once there is a draft, unless a sheet tells what it is based on",
        ),
    ] = None,
) -> ResponseDetail:
    """Save a draft: it replaces the whole one before. Missing answers are fine; wrong ones are all named at once."""
    sheet = await _lock(session, survey_id, supplier_id, caller)
    responses.check_open(sheet.response)
    if header is not None:
        if_match(header).check(sheet.response.version)
    if isinstance(given, FilledSheet):
        code = (await suppliers_repository.get_codes(session, [supplier_id]))[supplier_id]
        answers = response_sheet_reading.take_answers(given, sheet, code, check_basis=header is None)
    else:
        if header is None and sheet.response.status in responses.BEGUN:
            if_match(None)
        answers = given.answers
    await responses.save_answers(session, caller.actor, sheet.response, sheet.questionnaire, answers)
    return await _single(session, sheet.response.id, response)


@router.post("/{supplier_id}/submit")
async def submit_response(
    survey_id: UUID,
    supplier_id: UUID,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Submitter,
    response: Response,
) -> ResponseDetail:
    """Submit the draft, also after the due date. What is missing counts 0; each category gets its score."""
    sheet = await _lock(session, survey_id, supplier_id, caller)
    expected.check(sheet.response.version)
    await responses.submit_response(session, caller.actor, sheet.response, sheet.questionnaire)
    return await _single(session, sheet.response.id, response)


@router.post("/{supplier_id}/reopen")
async def reopen_response(
    survey_id: UUID,
    supplier_id: UUID,
    body: ResponseReopening,
    expected: IfMatch,
    session: Transaction,
    caller: Approver,
    response: Response,
) -> ResponseDetail:
    """Let a submitted response be answered anew, with the reason; its scores count until it is submitted again."""
    caller.refuse_bound("response")
    sheet = await _lock(session, survey_id, supplier_id, caller)
    expected.check(sheet.response.version)
    await responses.reopen_response(session, caller.actor, sheet.response, body.reason)
    return await _single(session, sheet.response.id, response)


@router.get("/{supplier_id}/submissions")
async def list_submissions(
    survey_id: UUID, supplier_id: UUID, session: Reading, caller: Reader, pages: Pages
) -> Page[SubmissionView]:
    """List all submissions in order, each as it was, with why it was reopened."""
    caller.see_only_own(supplier_id, "response")
    response_id = await survey_answers.get_response_id(session, survey_id, supplier_id)
    query = survey_answers.submissions_of(response_id)
    rows, following = await pages.read(session, query, SurveySubmission.n)
    return Page(items=[_submission_view(row) for row in rows], next_cursor=following)


async def _lock(
    session: AsyncSession, survey_id: UUID, supplier_id: UUID, caller: Principal
) -> responses.ResponseSheet:
    caller.see_only_own(supplier_id, "response")
    response_id = await survey_answers.get_response_id(session, survey_id, supplier_id)
    return await responses.lock_response_sheet(session, response_id)


async def _single(session: AsyncSession, response_id: UUID, response: Response) -> ResponseDetail:
    held, _, asked = await survey_answers.get_sheet(session, response_id)
    codes = await suppliers_repository.get_codes(session, [held.supplier_id])
    set_etag(response, held.version)
    shown = {name: getattr(held, name) for name in ResponseDetail.model_fields if name not in COUNTED}
    return ResponseDetail(
        **shown,
        supplier_code=codes[held.supplier_id],
        questionnaire_id=asked.id if asked else None,
        missing=missing(parse(asked.title, asked.sections), held.answers) if asked else [],
        submissions=await survey_answers.count_submissions(session, response_id),
    )


def _view(row: Any) -> ResponseView:
    held = {name: getattr(row.SurveyResponse, name) for name in ResponseView.model_fields if name != "supplier_code"}
    return ResponseView(**held, supplier_code=row.supplier_code)


def _submission_view(row: Any) -> SubmissionView:
    submitted = {
        name: getattr(row.SurveySubmission, name) for name in SubmissionView.model_fields if name != "reopened"
    }
    reopened = None if row.SurveyReopening is None else ReopeningView.model_validate(row.SurveyReopening)
    return SubmissionView(**submitted, reopened=reopened)
