"""Answers to a campaign's questionnaire: the response that holds them, its submissions and reopenings."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Questionnaire, Survey, SurveyReopening, SurveyResponse, SurveySubmission
from shared.errors import NotFound

Sheet = tuple[SurveyResponse, Survey, Questionnaire | None]


async def get_sheet(session: AsyncSession, response_id: UUID, *, lock: bool = False) -> Sheet:
    """A response with its campaign and what that asks, the response held where `lock`; NotFound where not asked."""
    query = (
        select(SurveyResponse, Survey, Questionnaire)
        .join(Survey, Survey.id == SurveyResponse.survey_id)
        .outerjoin(Questionnaire, Questionnaire.id == Survey.questionnaire_id)
        .where(SurveyResponse.id == response_id)
    )
    if lock:
        # What was read of it before it was held would be out of date.
        query = query.with_for_update(of=SurveyResponse).execution_options(populate_existing=True)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("No such response.")
    return row.SurveyResponse, row.Survey, row.Questionnaire


async def get_response_id(session: AsyncSession, survey_id: UUID, supplier_id: UUID) -> UUID:
    """The id of the supplier's response to the campaign, or NotFound."""
    query = select(SurveyResponse.id).where(
        SurveyResponse.survey_id == survey_id, SurveyResponse.supplier_id == supplier_id
    )
    found: UUID | None = await session.scalar(query)
    if found is None:
        raise NotFound("No such response.")
    return found


async def count_submissions(session: AsyncSession, response_id: UUID) -> int:
    """How often the response was submitted through its questionnaire."""
    query = select(func.count()).select_from(SurveySubmission).where(SurveySubmission.response_id == response_id)
    return (await session.execute(query)).scalar_one()


async def list_submitted_answers(session: AsyncSession, response_id: UUID) -> Sequence[dict[str, Any]]:
    """The answers of each of the response's submissions."""
    query = select(SurveySubmission.answers).where(SurveySubmission.response_id == response_id)
    return (await session.scalars(query)).all()


def submissions_of(response_id: UUID) -> Select[*tuple[Any, ...]]:
    """The query for a response's submissions, each with its reopening, if it was reopened."""
    reopened = and_(
        SurveyReopening.response_id == SurveySubmission.response_id, SurveyReopening.n == SurveySubmission.n
    )
    query: Select[*tuple[Any, ...]] = (
        select(SurveySubmission, SurveySubmission.n, SurveyReopening)
        .outerjoin(SurveyReopening, reopened)
        .where(SurveySubmission.response_id == response_id)
    )
    return query
