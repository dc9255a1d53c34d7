"""Drafting, changing, sending and withdrawing newsletters, and counting how often their links are followed."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Event, Newsletter
from services.engagement.repository import newsletters as repository
from services.engagement.repository import rows
from services.engagement.schemas.audiences import AudienceRule
from services.engagement.schemas.newsletters import NewNewsletter, NewsletterPatch
from services.engagement.service.audience import audiences
from services.engagement.service.audience.audiences import Audience
from services.engagement.service.event.events import as_text
from services.engagement.service.mail import deliveries
from services.engagement.service.newsletter import issue_rendering
from services.engagement.service.newsletter.issue_rendering import Content
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid, PreconditionFailed
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected
from shared.web.resources import Resources

WRITTEN = ("default_language", "subjects", "articles", "audience", "event_id")


@dataclass(frozen=True, slots=True)
class FoundAudience:
    """Whom a newsletter's rule found, and in which version of it that rule stood."""

    version: int
    audience: Audience


def content_of(newsletter: Newsletter) -> Content:
    """What was written."""
    return Content(
        newsletter.default_language, newsletter.subjects, newsletter.articles, newsletter.event_id is not None
    )


def feed_state(newsletter: Newsletter, counts: Mapping[str, int] | None = None) -> dict[str, Any]:
    """A newsletter as the feed tells it: without what it says, which may name people."""
    return {
        "newsletter_ref": newsletter.newsletter_ref,
        "event_id": str(newsletter.event_id) if newsletter.event_id else None,
        "status": newsletter.status,
        "languages": content_of(newsletter).languages,
        "deliveries": dict(counts or {}),
        "sending_at": as_text(newsletter.sending_at),
        "sent_at": as_text(newsletter.sent_at),
    }


async def create_newsletter(session: AsyncSession, actor: Actor, new: NewNewsletter) -> Newsletter:
    """A draft; Conflict where its reference is taken, Invalid where its texts cannot be sent as they are."""
    newsletter_id = new_id()
    newsletter = Newsletter(
        id=newsletter_id, version=0, newsletter_ref=new.newsletter_ref or f"ENEWS-{newsletter_id.hex[-12:].upper()}",
        status="draft", reason=None, created_by=actor.sub, sent_by=None, sending_at=None, sent_at=None,
        **_as_kept(new),
    )  # fmt: skip
    await _check(session, newsletter)
    if await repository.has_ref(session, newsletter.newsletter_ref):
        raise Conflict(f"There is a newsletter with the reference {newsletter.newsletter_ref}.", code="ref-taken")
    session.add(newsletter)
    await save(session, actor, newsletter, {}, "created")
    return newsletter


async def change_newsletter(
    session: AsyncSession, actor: Actor, newsletter_id: UUID, expected: Expected, patch: NewsletterPatch
) -> Newsletter:
    """The draft with the patch's fields; its version stays where nothing differs."""
    newsletter = await _lock_draft(session, newsletter_id, expected)
    before, written = feed_state(newsletter), {name: getattr(newsletter, name) for name in WRITTEN}
    for name, value in _as_kept(patch).items():
        if name in patch.model_fields_set:
            setattr(newsletter, name, value)
    changed = [name for name in WRITTEN if getattr(newsletter, name) != written[name]]
    if changed:
        with session.no_autoflush:
            await _check(session, newsletter)
        # What it says does not enter the audit log: it may name people, whom nothing could erase there.
        await save(session, actor, newsletter, before, "updated", private={"changed": [None, changed]})
    return newsletter


async def find_audience(resources: Resources, newsletter_id: UUID) -> FoundAudience | None:
    """Whom the draft's rule finds now; None where it is no draft any more.

    Asks other services, so it must run before the request's transaction does anything.
    """
    async with resources.database.snapshots() as session:
        newsletter = await rows.get(session, Newsletter, newsletter_id, "newsletter")
        version, rule = newsletter.version, AudienceRule.model_validate(newsletter.audience)
        if newsletter.status != "draft":
            return None
    return FoundAudience(version, await audiences.find_audience(resources, rule, "newsletters"))


async def send_newsletter(
    session: AsyncSession, actor: Actor, newsletter_id: UUID, expected: Expected, found: FoundAudience | None
) -> Newsletter:
    """The newsletter with a mail in line for each recipient; Invalid where there are none, Conflict if sent before."""
    newsletter = await _lock_draft(session, newsletter_id, expected)
    if found is None or found.version != newsletter.version:
        raise PreconditionFailed("The newsletter was changed at this moment: read it again, then repeat this.")
    left_out = dict(Counter(left.reason for left in found.audience.left_out))
    if not found.audience.recipients:
        raise Invalid("The rule finds nobody to write to.", code="nobody-to-write-to", members={"left_out": left_out})
    before = feed_state(newsletter)
    repository.add_links(session, newsletter_id, issue_rendering.addresses_in(content_of(newsletter)))
    queued = await deliveries.queue(
        session,
        "newsletter",
        newsletter_id,
        [
            deliveries.NewMail(person.contact_id, person.supplier_id, person.person_ref, person.language)
            for person in found.audience.recipients
        ],
    )
    newsletter.status, newsletter.sending_at, newsletter.sent_by = "sending", datetime.now(UTC), actor.sub
    private = {"left_out": [None, left_out]}
    await save(session, actor, newsletter, before, "sending", counts={"queued": queued}, private=private)
    return newsletter


async def withdraw_newsletter(
    session: AsyncSession, actor: Actor, newsletter_id: UUID, expected: Expected, reason: str
) -> Newsletter:
    """The newsletter, of which nothing more is sent; Conflict where all of it was, or it is withdrawn."""
    # Whoever sends holds the line of mails and then the newsletter: so it is done here, against a deadlock.
    skipped = await deliveries.cancel_queued(session, newsletter_id, "The newsletter was withdrawn.")
    newsletter = await rows.lock(session, Newsletter, newsletter_id, "newsletter")
    expected.check(newsletter.version)
    if newsletter.status not in ("draft", "sending"):
        raise Conflict(f"The newsletter is {newsletter.status}.", code=f"newsletter-{newsletter.status}")
    before = feed_state(newsletter)
    newsletter.status, newsletter.reason = "withdrawn", reason
    counts = (await repository.count_deliveries(session, [newsletter_id])).get(newsletter_id, {})
    private = {"reason": [None, reason], "not_sent": [None, skipped]}
    await save(session, actor, newsletter, before, "withdrawn", counts=counts, private=private)
    return newsletter


async def follow_link(session: AsyncSession, link_id: UUID) -> str:
    """Where a link leads, counted once more; NotFound where there is no such link. Who follows it is not noted."""
    return await repository.count_click(session, link_id)


async def save(
    session: AsyncSession,
    actor: Actor,
    newsletter: Newsletter,
    before: dict[str, Any],
    happened: str,
    *,
    counts: Mapping[str, int] | None = None,
    private: dict[str, Any] | None = None,
) -> None:
    """Write a newsletter with what happened to it."""
    newsletter.version += 1
    await session.flush()
    state = feed_state(newsletter, counts)
    change = Change(f"newsletter.{happened}", newsletter.id, newsletter.version, state, before, private or {})
    await journal.record(session, actor, [change])


async def _lock_draft(session: AsyncSession, newsletter_id: UUID, expected: Expected) -> Newsletter:
    newsletter = await rows.lock(session, Newsletter, newsletter_id, "newsletter")
    if newsletter.status != "draft":
        raise Conflict(f"The newsletter is {newsletter.status}, no draft.", code=f"newsletter-{newsletter.status}")
    expected.check(newsletter.version)
    return newsletter


def _as_kept(body: NewNewsletter | NewsletterPatch) -> dict[str, Any]:
    dumped = body.model_dump(include={"default_language", "subjects", "articles"})
    if body.audience is not None:
        dumped["audience"] = body.audience.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {**dumped, "event_id": body.event_id}


async def _check(session: AsyncSession, newsletter: Newsletter) -> None:
    """Raise Invalid where the texts are incomplete, or hold what may not be in them, or tell of no event."""
    # Reading Markdown takes its time: others go on meanwhile.
    await asyncio.to_thread(issue_rendering.check, content_of(newsletter))
    if newsletter.event_id is not None and await session.get(Event, newsletter.event_id) is None:
        raise Invalid("There is no such event.", fields=[FieldError("#/event_id", "no event has this id")])
