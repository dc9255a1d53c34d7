"""A supplier's answers to a campaign's questionnaire: saved as a draft, submitted, reopened."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import answers as domain
from services.audit.domain import questionnaires
from services.audit.domain.questionnaires import Questionnaire
from services.audit.domain.survey_scores import category_scores
from services.audit.models import Survey, SurveyReopening, SurveyResponse, SurveySubmission
from services.audit.repository import files as files_repository
from services.audit.repository import survey_answers as repository
from services.audit.service import surveys
from services.audit.service.today import today
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid

BEGUN = ("draft", "reopened")
"""The states in which there are answers that can be changed."""


class ResponseSheet(NamedTuple):
    """A response, the campaign that asks for it, and what it asks."""

    response: SurveyResponse
    survey: Survey
    questionnaire: Questionnaire


async def get_response_sheet(session: AsyncSession, response_id: UUID) -> ResponseSheet:
    """The response and what it answers; NotFound where not asked, Conflict where the campaign asks no questions."""
    return _sheet(*await repository.get_sheet(session, response_id))


async def lock_response_sheet(session: AsyncSession, response_id: UUID) -> ResponseSheet:
    """The same, the response held until the transaction ends."""
    return _sheet(*await repository.get_sheet(session, response_id, lock=True))


async def save_answers(
    session: AsyncSession,
    actor: Actor,
    response: SurveyResponse,
    questionnaire: Questionnaire,
    answers: Mapping[str, Any],
) -> None:
    """Keep these answers as the whole draft of a response that is held.

    Conflict where it is submitted; Invalid names all answers that cannot be, missing ones not among them.
    """
    check_open(response)
    await _check(session, response, questionnaire, answers)
    if response.answers == answers and response.status in BEGUN:
        return
    before, held = surveys.feed_state(response), len(response.answers)
    response.answers = dict(answers)
    response.status = "reopened" if response.status == "reopened" else "draft"
    _sign(response, actor)
    # What is answered is nobody's business until it is submitted, so the log counts it only.
    await surveys.save(
        session, actor, [(response, before, "saved")], private={"answers": [held, len(response.answers)]}
    )


async def submit_response(
    session: AsyncSession, actor: Actor, response: SurveyResponse, questionnaire: Questionnaire
) -> SurveySubmission:
    """Submit the draft of a response that is held, also after its due date; what is missing counts 0.

    Conflict where nothing was saved, or it is submitted already; Invalid where an answer cannot stand any more.
    """
    check_open(response)
    if response.status not in BEGUN:
        raise Conflict("There are no answers to submit: save some first.", code="response-empty")
    await _check(session, response, questionnaire, response.answers)
    n = await repository.count_submissions(session, response.id) + 1
    before = surveys.feed_state(response)
    scores = category_scores(questionnaire, response.answers)
    day = today().isoformat()
    # A category keeps the day on which it was answered first: what follows a reopening corrects the same survey. Else
    # a reopening would make its validity start anew, and the supplier look silent on the days before it.
    dated = {
        category: {"score": score, "submitted_on": response.scores.get(category, {}).get("submitted_on", day)}
        for category, score in scores.items()
    }
    surveys.set_scores(response, {**response.scores, **dated})
    response.status = "submitted"
    submission = SurveySubmission(
        response_id=response.id,
        n=n,
        answers=response.answers,
        scores=scores,
        missing=domain.missing(questionnaire, response.answers),
        submitted_by=actor.sub,
        submitted_at=_sign(response, actor),
    )
    session.add(submission)
    await surveys.save(session, actor, [(response, before, "submitted")])
    return submission


async def reopen_response(session: AsyncSession, actor: Actor, response: SurveyResponse, reason: str) -> None:
    """Let a submitted response that is held be answered anew; its scores count until it is submitted again."""
    if response.status != "submitted":
        raise Conflict(
            f"Only a submitted response can be reopened; this one is {response.status}.", code="response-not-submitted"
        )
    n = await repository.count_submissions(session, response.id)
    before = surveys.feed_state(response)
    session.add(SurveyReopening(response_id=response.id, n=n, by=actor.sub, reason=reason))
    response.status = "reopened"
    await surveys.save(session, actor, [(response, before, "reopened")], private={"reason": [None, reason]})


def check_open(response: SurveyResponse) -> None:
    """Raise Conflict where the answers cannot be changed."""
    if response.status == "submitted":
        raise Conflict(
            "The response is submitted; it can be changed once it is reopened (with a reason, by the buyer).",
            code="response-submitted",
        )


async def _check(
    session: AsyncSession, response: SurveyResponse, questionnaire: Questionnaire, answers: Mapping[str, Any]
) -> None:
    asks_files = any(question.kind == "file" for question in questionnaire.questions)
    files = await files_repository.list_live_ids(session, response.id) if asks_files else set()
    found = domain.complaints(questionnaire, answers, files)
    if found:
        raise Invalid(
            f"{len(found)} of the answers cannot be taken; nothing was saved.",
            code="answers-invalid",
            fields=[FieldError(complaint.pointer, complaint.message) for complaint in found],
        )


def _sign(response: SurveyResponse, actor: Actor) -> datetime:
    """Note who answered, and when."""
    response.answered_by, response.answered_at = actor.sub, datetime.now(UTC)
    return response.answered_at


def _sheet(response: SurveyResponse, survey: Survey, held: Any) -> ResponseSheet:
    if held is None:
        raise Conflict(
            "This campaign has no questionnaire; its scores come by an import of surveys.", code="no-questionnaire"
        )
    parsed = questionnaires.parse(held.title, held.sections, name=held.name, edition=held.edition)
    return ResponseSheet(response, survey, parsed)
