"""Campaigns and responses: read, locked, listed."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import SupplierCopy, Survey, SurveyResponse
from shared.errors import NotFound

ResponseKey = tuple[UUID, int]
"""A supplier and a year."""


async def get_survey(session: AsyncSession, survey_id: UUID) -> Survey:
    """The campaign with that id, or NotFound."""
    found = await session.get(Survey, survey_id)
    if found is None:
        raise NotFound("No such survey.")
    return found


async def lock_survey(session: AsyncSession, survey_id: UUID) -> Survey:
    """The campaign with that id, held until the transaction ends, or NotFound."""
    found = await session.get(Survey, survey_id, with_for_update=True)
    if found is None:
        raise NotFound("No such survey.")
    return found


async def find_survey_of_year(session: AsyncSession, year: int) -> Survey | None:
    """The year's campaign, or None."""
    found: Survey | None = await session.scalar(select(Survey).where(Survey.year == year))
    return found


async def count_asked(session: AsyncSession, survey_id: UUID) -> int:
    """How many suppliers the campaign asks."""
    query = select(func.count()).select_from(SurveyResponse).where(SurveyResponse.survey_id == survey_id)
    return (await session.execute(query)).scalar_one()


async def lock_responses(session: AsyncSession, keys: Collection[ResponseKey]) -> dict[ResponseKey, SurveyResponse]:
    """The responses of these suppliers and years, held until the transaction ends; always in the same order."""
    query = (
        select(SurveyResponse)
        .where(SurveyResponse.supplier_id == func.any([supplier_id for supplier_id, _ in keys]))
        .where(SurveyResponse.year == func.any(sorted({year for _, year in keys})))
        .order_by(SurveyResponse.id)
        .with_for_update()
    )
    return {(found.supplier_id, found.year): found for found in (await session.scalars(query)).all()}


async def lock_responses_of_survey(session: AsyncSession, survey_id: UUID) -> Sequence[SurveyResponse]:
    """A campaign's responses, held until the transaction ends; always in the same order."""
    query = (
        select(SurveyResponse)
        .where(SurveyResponse.survey_id == survey_id)
        .order_by(SurveyResponse.id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


def surveys_with_counts(survey_id: UUID | None, supplier_id: UUID | None) -> Select[*tuple[Any, ...]]:
    """The query for campaigns with how many are asked and have answered; for a supplier, only what it is asked."""
    asked = func.count(SurveyResponse.id).label("asked")
    submitted = func.count(SurveyResponse.submitted_on).label("submitted")
    query: Select[*tuple[Any, ...]] = (
        select(Survey, Survey.year, Survey.id, asked, submitted)
        .outerjoin(SurveyResponse, SurveyResponse.survey_id == Survey.id)
        .group_by(Survey.id)
    )
    if survey_id is not None:
        query = query.where(Survey.id == survey_id)
    if supplier_id is not None:
        query = query.where(SurveyResponse.supplier_id == supplier_id)
    return query


def responses_of_survey(survey_id: UUID, supplier_id: UUID | None) -> Select[*tuple[Any, ...]]:
    """The query for a campaign's responses, each with its supplier's code."""
    query: Select[*tuple[Any, ...]] = (
        select(SurveyResponse, SurveyResponse.id, SupplierCopy.code.label("supplier_code"))
        .join(SupplierCopy, SupplierCopy.id == SurveyResponse.supplier_id)
        .where(SurveyResponse.survey_id == survey_id)
    )
    return query if supplier_id is None else query.where(SurveyResponse.supplier_id == supplier_id)
