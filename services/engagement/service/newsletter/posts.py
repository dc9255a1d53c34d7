"""Newsletters and reminders of events in chat groups."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import newsletter_texts, post_texts
from services.engagement.models import ChatGroup, Event, GroupMessage, Newsletter
from services.engagement.repository import newsletters as repository
from services.engagement.repository import rows
from services.engagement.schemas.groups import Format, NewMessage
from services.engagement.schemas.newsletters import NewGroupPost
from services.engagement.service.event.events import lock_live
from services.engagement.service.group import messages
from services.engagement.service.mail import links as mail_links
from services.engagement.service.newsletter import issue_rendering, newsletters
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.web.resources import Resources


async def post_issue(
    resources: Resources, session: AsyncSession, actor: Actor, newsletter_id: UUID, post: NewGroupPost
) -> GroupMessage:
    """A message with an issue's titles, beginnings and counted links; Conflict unless the issue is sent."""
    newsletter = await rows.get(session, Newsletter, newsletter_id, "newsletter")
    if newsletter.status not in ("sending", "sent"):
        raise Conflict(
            f"The newsletter is {newsletter.status}; groups get what is sent.", code=f"newsletter-{newsletter.status}"
        )
    event = await session.get(Event, newsletter.event_id) if newsletter.event_id else None
    links = (await repository.list_links(session, [newsletter_id])).get(newsletter_id, [])
    addresses = {link.url: mail_links.link_url(resources, link.id) for link in links}
    values = issue_rendering.neutral_values(post.language, event)
    subject, articles = issue_rendering.in_short(newsletters.content_of(newsletter), post.language, values)
    group = await rows.get(session, ChatGroup, post.group_id, "group")
    counted = [(title, lead, [(words, addresses[url]) for words, url in told]) for title, lead, told in articles]
    write = post_texts.issue_as_markdown if _format_of(group) == "markdown" else post_texts.issue_as_text
    return await _post(session, actor, group, write(subject, counted))


async def remind_group(session: AsyncSession, actor: Actor, event_id: UUID, post: NewGroupPost) -> GroupMessage:
    """A message with an event's title, time and place; Conflict where it is withdrawn or has begun.

    Where it is joined is told to those invited alone: a chat group has other people in it.
    """
    event = await lock_live(session, event_id)
    if event.starts_at <= datetime.now(UTC):
        raise Conflict("The event has begun; there is nothing to be reminded of.", code="event-begun")
    group = await rows.get(session, ChatGroup, post.group_id, "group")
    _, language = newsletter_texts.words_for(post.language)
    text = post_texts.reminder(
        language,
        title=event.title,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        time_zone=event.time_zone,
        place=" / ".join(filter(None, (event.channel, event.location))),
    )
    return await _post(session, actor, group, text)


def _format_of(group: ChatGroup) -> Format:
    return "markdown" if group.channel == "wecom" else "text"


async def _post(session: AsyncSession, actor: Actor, group: ChatGroup, content: str) -> GroupMessage:
    message = NewMessage(format=_format_of(group), content=content)
    return await messages.post_message(session, actor, group.id, message)
