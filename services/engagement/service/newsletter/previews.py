"""How an issue reads, and whom it would reach; nothing is changed by looking."""

import asyncio
from collections import Counter
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Event, Newsletter
from services.engagement.repository import rows
from services.engagement.schemas.audiences import AudienceRule
from services.engagement.schemas.newsletters import PreviewView, RenderedView
from services.engagement.service.audience import audiences
from services.engagement.service.mail import links
from services.engagement.service.newsletter import issue_rendering, newsletters
from shared.web.resources import Resources


async def preview(resources: Resources, newsletter_id: UUID) -> PreviewView:
    """What sending the issue now would come to; asks other services, so it brings its own session."""
    async with resources.database.snapshots() as session:
        newsletter = await rows.get(session, Newsletter, newsletter_id, "newsletter")
        rule, languages = AudienceRule.model_validate(newsletter.audience), newsletters.content_of(newsletter).languages
        rendered = [await render(resources, session, newsletter, language) for language in languages]
    found = await audiences.find_audience(resources, rule, "newsletters")
    return PreviewView(
        recipients=len(found.recipients),
        by_language=dict(Counter(person.language for person in found.recipients)),
        by_reason=dict(Counter(reason for person in found.recipients for reason in person.reasons)),
        left_out=dict(Counter(left.reason for left in found.left_out)),
        rendered=rendered,
    )


async def render(
    resources: Resources, session: AsyncSession, newsletter: Newsletter, language: str | None
) -> RenderedView:
    """The issue for a reader of that language whom nobody knows, with its links as they were written."""
    event = await session.get(Event, newsletter.event_id) if newsletter.event_id else None
    reader = language or newsletter.default_language
    settings = links.settings_of(resources)
    content = newsletters.content_of(newsletter)
    issue = await asyncio.to_thread(issue_rendering.compose, content, reader, settings.mail_from, str)
    nowhere = f"{settings.public_url.rstrip('/')}/engagement{links.UNSUBSCRIBE_PATH}/..."
    written = issue.written(issue_rendering.neutral_values(reader, event), nowhere)
    return RenderedView(language=issue.language, subject=written.subject, text=written.text, html=written.html)
