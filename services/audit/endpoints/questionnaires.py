"""`/v1/questionnaires`: what surveys ask."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response

from services.audit.endpoints.callers import Approver, Reader, Writer
from services.audit.models import Questionnaire
from services.audit.repository import questionnaires as repository
from services.audit.schemas.questionnaires import (
    NewQuestionnaire,
    QuestionnairePatch,
    QuestionnaireSummary,
    QuestionnaireView,
)
from services.audit.service import questionnaires
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/questionnaires", "surveys")


@router.post("", status_code=201)
async def create_questionnaire(
    body: NewQuestionnaire, session: Transaction, caller: Writer, response: Response
) -> QuestionnaireView:
    """Draft a questionnaire: the next edition of its name."""
    questionnaire = await questionnaires.create_questionnaire(session, caller.actor, body)
    response.headers["Location"] = f"/v1/questionnaires/{questionnaire.id}"
    return _answer(questionnaire, response)


@router.get("")
async def list_questionnaires(
    session: Reading,
    caller: Reader,
    pages: Pages,
    name: Annotated[str | None, Query(description="All editions of this name")] = None,
    status: Annotated[Literal["draft", "published"] | None, Query()] = None,
) -> Page[QuestionnaireSummary]:
    """List questionnaires in the order in which they were drafted; a supplier sees those that it is asked."""
    query = repository.questionnaires_matching(name=name, status=status, supplier_id=caller.supplier_id)
    rows, following = await pages.read(session, query, Questionnaire.id)
    return Page(items=[QuestionnaireSummary.model_validate(row.Questionnaire) for row in rows], next_cursor=following)


@router.get("/{questionnaire_id}")
async def get_questionnaire(
    questionnaire_id: UUID, session: Reading, caller: Reader, response: Response
) -> QuestionnaireView:
    """Read one questionnaire with all that it asks, and what each answer is worth."""
    return _answer(await repository.get_questionnaire(session, questionnaire_id, caller.supplier_id), response)


@router.patch("/{questionnaire_id}")
async def change_questionnaire(
    questionnaire_id: UUID,
    body: QuestionnairePatch,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> QuestionnaireView:
    """Change a draft; a published questionnaire never changes."""
    questionnaire = await questionnaires.change_questionnaire(session, caller.actor, questionnaire_id, expected, body)
    return _answer(questionnaire, response)


@router.post("/{questionnaire_id}/publish")
async def publish_questionnaire(
    questionnaire_id: UUID, expected: IfMatch, session: Transaction, caller: Approver, response: Response
) -> QuestionnaireView:
    """Publish a draft: a step for a person other than who wrote it. From then on it never changes."""
    questionnaire = await questionnaires.publish_questionnaire(session, caller, questionnaire_id, expected)
    return _answer(questionnaire, response)


def _answer(questionnaire: Questionnaire, response: Response) -> QuestionnaireView:
    set_etag(response, questionnaire.version)
    return QuestionnaireView.model_validate(questionnaire)
