"""The year's survey: whom a campaign asks, and what they answered."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Survey, SurveyResponse
from services.audit.repository import questionnaires as questionnaires_repository
from services.audit.repository import surveys as repository
from services.audit.schemas.surveys import NewSurvey, SurveyPatch
from services.audit.service.today import today
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

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
        scores={}, status="asked", answers={}, answered_by=None, answered_at=None,
    )  # fmt: skip


def set_scores(response: SurveyResponse, scores: Mapping[str, Any]) -> None:
    """Let these be the response's scores; it was submitted on the first day on which one of them was."""
    # A new dictionary: changes inside the old one would not be noticed.
    response.scores = dict(scores)
    response.submitted_on = min(
        (date.fromisoformat(each["submitted_on"]) for each in scores.values()), default=response.submitted_on
    )


async def create_survey(session: AsyncSession, actor: Actor, new: NewSurvey, supplier_ids: Iterable[UUID]) -> Survey:
    """A year's campaign that asks these suppliers; Conflict where the year has one."""
    if await repository.find_survey_of_year(session, new.year) is not None:
        raise Conflict(f"There is a survey of {new.year}; add suppliers to it.", code="year-taken")
    opened_on = new.opened_on or min(today(), new.due_on)
    if opened_on > new.due_on:
        raise Invalid("It is due before it opens.", fields=[FieldError("#/due_on", "lies before opened_on")])
    if new.questionnaire_id is not None:
        await _check_published(session, new.questionnaire_id)
    survey = Survey(
        id=new_id(), version=1, year=new.year, title=new.title, opened_on=opened_on, due_on=new.due_on,
        questionnaire_id=new.questionnaire_id, reminder_days=new.reminder_days, created_by=actor.sub,
    )  # fmt: skip
    session.add(survey)
    await session.flush()
    await session.refresh(survey)
    asked = await _ask(session, actor, survey, supplier_ids)
    await journal.record(
        session, actor, [Change("survey.created", survey.id, survey.version, campaign_state(survey, asked))]
    )
    return survey


async def change_survey(
    session: AsyncSession, actor: Actor, survey_id: UUID, expected: Expected, patch: SurveyPatch
) -> Survey:
    """The campaign with the patch's fields; all its responses carry its due date. Nothing where nothing differs."""
    survey = await repository.lock_survey(session, survey_id)
    expected.check(survey.version)
    given = {name: value for name, value in patch.given().items() if getattr(survey, name) != value}
    if not given:
        return survey
    if given.get("due_on", survey.due_on) < survey.opened_on:
        raise Invalid(
            f"It would be due before it opened, {survey.opened_on}.",
            fields=[FieldError("#/due_on", "lies before opened_on")],
        )
    asked = await repository.count_asked(session, survey_id)
    before, reminder_days = campaign_state(survey, asked), survey.reminder_days
    for name, value in given.items():
        setattr(survey, name, value)
    survey.version += 1
    private = {"reminder_days": [reminder_days, survey.reminder_days]} if "reminder_days" in given else {}
    state = campaign_state(survey, asked)
    await journal.record(session, actor, [Change("survey.changed", survey.id, survey.version, state, before, private)])
    if "due_on" in given:
        await _move_due_date(session, actor, survey)
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


async def save(
    session: AsyncSession,
    actor: Actor,
    changes: Sequence[ResponseChange],
    *,
    private: Mapping[str, Any] | None = None,
) -> None:
    """Write changed responses and what happened to them; `private` is for the audit log alone."""
    for response, _, _ in changes:
        if response.version == 0:
            session.add(response)
        response.version += 1
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(
                f"survey_response.{happened}",
                response.id,
                response.version,
                feed_state(response),
                before,
                private or {},
            )
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


async def _check_published(session: AsyncSession, questionnaire_id: UUID) -> None:
    questionnaire = await questionnaires_repository.find_questionnaire(session, questionnaire_id)
    fault = "no such questionnaire" if questionnaire is None else "is a draft: publish it first"
    if questionnaire is None or questionnaire.status != "published":
        raise Invalid(
            "A campaign asks by a published questionnaire.",
            code="questionnaire-not-published",
            fields=[FieldError("#/questionnaire_id", fault)],
        )


async def _move_due_date(session: AsyncSession, actor: Actor, survey: Survey) -> None:
    """Set the campaign's due date on its responses, submitted ones too: silence is counted from one day for all."""
    changes: list[ResponseChange] = []
    for response in await repository.lock_responses_of_survey(session, survey.id):
        before = feed_state(response)
        response.due_on = survey.due_on
        changes.append((response, before, "due_date_moved"))
    await save(session, actor, changes)
