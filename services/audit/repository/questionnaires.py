"""Questionnaires: read, locked, listed."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Questionnaire, Survey, SurveyResponse
from shared.errors import NotFound
from shared.journal.writing import audit_log


async def get_questionnaire(
    session: AsyncSession, questionnaire_id: UUID, supplier_id: UUID | None = None
) -> Questionnaire:
    """The questionnaire, or NotFound; for a supplier only one that a campaign asks it."""
    query = questionnaires_matching(supplier_id=supplier_id).where(Questionnaire.id == questionnaire_id)
    found: Questionnaire | None = await session.scalar(query)
    if found is None:
        raise NotFound("No such questionnaire.")
    return found


async def find_questionnaire(session: AsyncSession, questionnaire_id: UUID) -> Questionnaire | None:
    """The questionnaire, or None."""
    return await session.get(Questionnaire, questionnaire_id)


async def lock_questionnaire(session: AsyncSession, questionnaire_id: UUID) -> Questionnaire:
    """The questionnaire, held until the transaction ends, or NotFound."""
    found = await session.get(Questionnaire, questionnaire_id, with_for_update=True)
    if found is None:
        raise NotFound("No such questionnaire.")
    return found


async def latest_edition(session: AsyncSession, name: str) -> int:
    """The highest edition of that name; 0 where there is none."""
    query = select(func.coalesce(func.max(Questionnaire.edition), 0)).where(Questionnaire.name == name)
    return (await session.execute(query)).scalar_one()


async def has_written(session: AsyncSession, questionnaire_id: UUID, sub: str) -> bool:
    """Whether that person or machine created or changed the questionnaire."""
    query = select(exists().where(audit_log.c.resource_id == questionnaire_id, audit_log.c.sub == sub))
    return (await session.execute(query)).scalar_one()


def questionnaires_matching(
    *, name: str | None = None, status: str | None = None, supplier_id: UUID | None = None
) -> Select[*tuple[Any, ...]]:
    """The query for questionnaires; for a supplier, those that a campaign asks it."""
    query: Select[*tuple[Any, ...]] = select(Questionnaire, Questionnaire.id)
    if name is not None:
        query = query.where(Questionnaire.name == name)
    if status is not None:
        query = query.where(Questionnaire.status == status)
    if supplier_id is not None:
        asked = (
            select(Survey.id)
            .join(SurveyResponse, SurveyResponse.survey_id == Survey.id)
            .where(Survey.questionnaire_id == Questionnaire.id, SurveyResponse.supplier_id == supplier_id)
        )
        query = query.where(asked.exists())
    return query
