"""A newsletter's mails: each the issue in the reader's language, with the person's own words and way out."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain.issues import Issue
from services.engagement.models import Delivery, Event, Newsletter
from services.engagement.repository import newsletters as repository
from services.engagement.service.mail import links as mail_links
from services.engagement.service.mail.kinds import MailKind, NotNeeded, Write, message_id_of
from services.engagement.service.newsletter import issue_rendering, newsletters
from shared import mail
from shared.auth.principal import Actor
from shared.contacts import KnownContact
from shared.web.resources import Resources

WORKER = Actor(sub="newsletters", client_id=None)


async def load(resources: Resources, session: AsyncSession, newsletter_id: UUID) -> Write | None:
    """How to write a newsletter's mails; None where it is not to be sent any more."""
    newsletter = await session.get(Newsletter, newsletter_id)
    if newsletter is None or newsletter.status != "sending":
        return None
    event = await session.get(Event, newsletter.event_id) if newsletter.event_id else None
    links = (await repository.list_links(session, [newsletter_id])).get(newsletter_id, [])
    addresses = {link.url: mail_links.link_url(resources, link.id) for link in links}
    content, event_says = newsletters.content_of(newsletter), issue_rendering.event_values(event)
    names = await repository.name_recipients(session, newsletter_id) if content.may_name_suppliers else {}
    settings = mail_links.settings_of(resources)
    headers = _Headers(settings.mail_from, settings.mail_bounces_to)
    issues: dict[str, Issue] = {}

    def write(delivery: Delivery, contact: KnownContact) -> EmailMessage:
        issue = issues.get(delivery.language)
        if issue is None:
            # Read once for all readers of a language; for each of them only their own words are filled in.
            issue = issue_rendering.compose(content, delivery.language, settings.mail_from, addresses.__getitem__)
            issues[delivery.language] = issue
        name, code = names.get(delivery.supplier_id, ("", ""))
        if not code and issue.asks_for("supplier"):
            raise NotNeeded("Nothing is known of the supplier that the newsletter would name.")
        says = {"person": {"name": contact.name}, "supplier": {"name": name, "code": code}, "event": event_says}
        way_out = mail_links.unsubscribe_url(resources, delivery.id)
        subject, text, html = issue.written(says, way_out)
        to = mail.address(contact.email, contact.name)
        message = mail.new_message(settings.mail_from, to, subject, text, html, message_id_of(resources, delivery.id))
        headers.add(message, issue.language, way_out)
        return message

    return write


async def ended(session: AsyncSession, newsletter_id: UUID) -> None:
    """Note that nothing of a newsletter is left to be sent."""
    newsletter = await session.get(Newsletter, newsletter_id, with_for_update=True)
    if newsletter is None or newsletter.status != "sending":
        return
    before = newsletters.feed_state(newsletter)
    counts = (await repository.count_deliveries(session, [newsletter_id])).get(newsletter_id, {})
    newsletter.status, newsletter.sent_at = "sent", datetime.now(UTC)
    await newsletters.save(session, WORKER, newsletter, before, "sent", counts=counts)


class _Addresses(str):
    """A header of addresses in angle brackets: folded between them, while the library would encode a long one."""

    __slots__ = ("name",)
    name: str
    defects = ()

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: " + self.replace(", ", f",{policy.linesep} ") + str(policy.linesep)


class _Headers:
    """What all mails of a sender's newsletters bring: which list it is, and how to leave it (RFC 2369, 2919, 8058)."""

    def __init__(self, mail_from: str, bounces_to: str | None) -> None:
        domain = mail_from.rpartition("@")[2].rstrip("> ") or "localhost"
        self._list_id = f"<newsletters.{domain}>"
        self._by_mail = f"<mailto:{bounces_to}?subject=unsubscribe%20{{token}}>" if bounces_to else None

    def add(self, message: EmailMessage, language: str, way_out: str) -> None:
        ways = [f"<{way_out}>"]
        if self._by_mail is not None:
            # Whoever reads the mails that come back knows by the token which mail was enough.
            ways.append(self._by_mail.format(token=way_out.rpartition("/")[2]))
        leaving = _Addresses(", ".join(ways))
        leaving.name = "List-Unsubscribe"
        message["List-Unsubscribe"] = leaving
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["List-Id"] = self._list_id
        message["Content-Language"] = language


KIND = MailKind("newsletter", "newsletters", load, ended)
