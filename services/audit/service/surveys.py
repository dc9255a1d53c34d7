"""The year's survey: whom a campaign asks, and what they answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Survey, SurveyResponse
from services.audit.repository import surveys as repository
from services.audit.schemas.surveys import NewSurvey
from services.audit.service.today import today
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change

ResponseChange = tuple[SurveyResponse, Mapping[str, Any], str]
"""A response, its state before (empty for a new one), and what happened to it."""


def campaign_state(survey: Survey, asked: int) -> dict[str, Any]:
    """A campaign as the feed tells it; `asked` is how many suppliers it asks."""
    return {
        "year": survey.year,
        "title": survey.title,
        "opened_on": survey.opened_on.isoformat(),
        "due_on": survey.due_on.isoformat(),
        "asked": asked,
    }


def feed_state(response: SurveyResponse) -> dict[str, Any]:
    """A response as the feed tells it."""
    return {
        "supplier_id": str(response.supplier_id),
        "year": response.year,
        "survey_id": str(response.survey_id) if response.survey_id else None,
        "due_on": response.due_on.isoformat() if response.due_on else None,
        "submitted_on": response.submitted_on.isoformat() if response.submitted_on else None,
        "scores": response.scores,
    }


def build(supplier_id: UUID, year: int) -> SurveyResponse:
    """A response that says nothing yet."""
    return SurveyResponse(
        id=new_id(), version=0, supplier_id=supplier_id, year=year, survey_id=None, due_on=None, submitted_on=None,
        scores={},
    )  # fmt: skip


async def create_survey(session: AsyncSession, actor: Actor, new: NewSurvey, supplier_ids: Iterable[UUID]) -> Survey:
    """A year's campaign that asks these suppliers; Conflict where the year has one."""
    if await repository.find_survey_of_year(session, new.year) is not None:
        raise Conflict(f"There is a survey of {new.year}; add suppliers to it.", code="year-taken")
    opened_on = new.opened_on or min(today(), new.due_on)
    if opened_on > new.due_on:
        raise Invalid("It is due before it opens.", fields=[FieldError("#/due_on", "lies before opened_on")])
    survey = Survey(
        id=new_id(), version=1, year=new.year, title=new.title, opened_on=opened_on, due_on=new.due_on,
        created_by=actor.sub,
    )  # fmt: skip
    session.add(survey)
    await session.flush()
    await session.refresh(survey)
    asked = await _ask(session, actor, survey, supplier_ids)
    await journal.record(
        session, actor, [Change("survey.created", survey.id, survey.version, campaign_state(survey, asked))]
    )
    return survey


async def add_suppliers(session: AsyncSession, actor: Actor, survey_id: UUID, supplier_ids: Iterable[UUID]) -> Survey:
    """The campaign, asking these suppliers as well; those asked already stay as they are."""
    survey = await repository.lock_survey(session, survey_id)
    before = campaign_state(survey, await repository.count_asked(session, survey_id))
    added = await _ask(session, actor, survey, supplier_ids)
    if added:
        survey.version += 1
        state = {**before, "asked": before["asked"] + added}
        await journal.record(session, actor, [Change("survey.changed", survey.id, survey.version, state, before)])
    return survey


async def save(session: AsyncSession, actor: Actor, changes: Sequence[ResponseChange]) -> None:
    """Write changed responses and what happened to them."""
    for response, _, _ in changes:
        if response.version == 0:
            session.add(response)
        response.version += 1
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(f"survey_response.{happened}", response.id, response.version, feed_state(response), before)
            for response, before, happened in changes
        ],
    )


async def _ask(session: AsyncSession, actor: Actor, survey: Survey, supplier_ids: Iterable[UUID]) -> int:
    """Have a response wait for each supplier; one that answered the year's survey unasked has answered already."""
    keys = [(supplier_id, survey.year) for supplier_id in dict.fromkeys(supplier_ids)]
    held = await repository.lock_responses(session, keys)
    changes: list[ResponseChange] = []
    for key in keys:
        response = held.get(key)
        if response is not None and response.survey_id is not None:
            continue
        before = feed_state(response) if response is not None else {}
        response = response or build(*key)
        response.survey_id, response.due_on = survey.id, survey.due_on
        changes.append((response, before, "asked"))
    await save(session, actor, changes)
    return len(changes)
