"""Telling those who were invited to an event and absent what it was about."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Event, Newsletter
from services.engagement.repository import newsletters as repository
from services.engagement.repository import recaps as records
from services.engagement.schemas.audiences import AudienceRule
from services.engagement.schemas.newsletters import NewNewsletter, NewRecap
from services.engagement.service.event.events import lock_live
from services.engagement.service.newsletter import newsletters, recap_texts
from shared.auth.principal import Actor
from shared.errors import Conflict


async def draft_recap(session: AsyncSession, actor: Actor, event_id: UUID, asked: NewRecap) -> Newsletter:
    """A draft to whoever was invited and absent, from the event's record.

    Conflict where the event is withdrawn or has not ended, or has a recap that is not withdrawn.
    """
    event = await lock_live(session, event_id)
    if event.ends_at > datetime.now(UTC):
        raise Conflict("The event has not ended; nobody was absent yet.", code="event-not-ended")
    reference = await _free_reference(session, event)
    record = await records.read_record(session, event)
    languages = list(dict.fromkeys(asked.languages))
    new = NewNewsletter.model_validate(
        {
            "newsletter_ref": reference,
            "default_language": languages[0],
            "subjects": {language: recap_texts.subject(language) for language in languages},
            "articles": recap_texts.articles(record, languages),
            "audience": AudienceRule(absent_from=event.id),
            "event_id": event.id,
        }
    )
    return await newsletters.create_newsletter(session, actor, new)


async def _free_reference(session: AsyncSession, event: Event) -> str:
    """What the recap is called; the event is held, so that there is one at a time."""
    prefix = f"RECAP-{event.id.hex[-12:].upper()}"
    before = await repository.list_recaps(session, event.id, prefix)
    live = next((recap for recap in before if recap.status != "withdrawn"), None)
    if live is not None:
        detail = f"The event is told of in {live.newsletter_ref} already ({live.status}); withdraw it first."
        raise Conflict(detail, code="recap-exists", members={"newsletter_id": str(live.id)})
    return f"{prefix}-{len(before) + 1}" if before else prefix
