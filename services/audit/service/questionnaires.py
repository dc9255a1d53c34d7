"""Questionnaires: drafted, changed while they are drafts, published by a second person."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import questionnaires as domain
from services.audit.models import Questionnaire
from services.audit.repository import questionnaires as repository
from services.audit.schemas.questionnaires import NewQuestionnaire, QuestionnairePatch
from shared import journal
from shared.auth.principal import Actor, Principal
from shared.errors import Conflict, FieldError, Invalid
from shared.holding import hold
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected


def feed_state(questionnaire: Questionnaire) -> dict[str, Any]:
    """A questionnaire as the feed tells it."""
    return {name: getattr(questionnaire, name) for name in ("name", "edition", "status", "title", "sections")}


async def create_questionnaire(session: AsyncSession, actor: Actor, new: NewQuestionnaire) -> Questionnaire:
    """A draft, the next edition of its name."""
    await hold(session, "questionnaire", new.name)
    questionnaire = Questionnaire(
        id=new_id(), version=0, name=new.name, edition=await repository.latest_edition(session, new.name) + 1,
        status="draft", title=new.title, sections=_stored(new.sections), created_by=actor.sub,
        published_by=None, published_at=None,
    )  # fmt: skip
    session.add(questionnaire)
    await _save(session, actor, questionnaire, {}, "created")
    await session.refresh(questionnaire)
    return questionnaire


async def change_questionnaire(
    session: AsyncSession, actor: Actor, questionnaire_id: UUID, expected: Expected, patch: QuestionnairePatch
) -> Questionnaire:
    """The draft with the patch's fields; Conflict where it is published."""
    questionnaire = await repository.lock_questionnaire(session, questionnaire_id)
    _check_draft(questionnaire)
    expected.check(questionnaire.version)
    before = feed_state(questionnaire)
    if patch.title is not None:
        questionnaire.title = patch.title
    if patch.sections is not None:
        questionnaire.sections = _stored(patch.sections)
    if feed_state(questionnaire) != before:
        await _save(session, actor, questionnaire, before, "changed")
    return questionnaire


async def publish_questionnaire(
    session: AsyncSession, caller: Principal, questionnaire_id: UUID, expected: Expected
) -> Questionnaire:
    """The questionnaire, from now on unchanging; Invalid names all that stands against it.

    A step for a person who has written nothing of it: whoever changes a draft of somebody else and then publishes it
    would have nobody look at the change.
    """
    questionnaire = await repository.lock_questionnaire(session, questionnaire_id)
    _check_draft(questionnaire)
    expected.check(questionnaire.version)
    wrote = await repository.has_written(session, questionnaire_id, caller.sub)
    caller.second_person(caller.sub if wrote else questionnaire.created_by, "Publishing")
    flaws = domain.flaws(domain.parse(questionnaire.title, questionnaire.sections))
    if flaws:
        raise Invalid(
            "The questionnaire cannot be published yet.",
            code="questionnaire-incomplete",
            fields=[FieldError(flaw.pointer, flaw.message) for flaw in flaws],
        )
    before = feed_state(questionnaire)
    questionnaire.status = "published"
    questionnaire.published_by, questionnaire.published_at = caller.sub, datetime.now(UTC)
    await _save(session, caller.actor, questionnaire, before, "published")
    return questionnaire


async def _save(
    session: AsyncSession, actor: Actor, questionnaire: Questionnaire, before: dict[str, Any], happened: str
) -> None:
    questionnaire.version += 1
    questionnaire.updated_at = datetime.now(UTC)
    await session.flush()
    change = Change(
        f"questionnaire.{happened}", questionnaire.id, questionnaire.version, feed_state(questionnaire), before
    )
    await journal.record(session, actor, [change])


def _check_draft(questionnaire: Questionnaire) -> None:
    if questionnaire.status == "published":
        raise Conflict(
            "A published questionnaire never changes; create the next edition of its name.",
            code="questionnaire-published",
        )


def _stored(sections: Any) -> list[dict[str, Any]]:
    return [section.model_dump(mode="json") for section in sections]
