"""An event's mails: each an invitation, a change or a cancellation that a calendar understands, for one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import jinja2
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import pace
from services.engagement.domain.calendars import PARTSTATS, Attendee, MailMethod, on_one_line
from services.engagement.models import Delivery, Event
from services.engagement.repository import invitations as repository
from services.engagement.service.event import announcing, calendar_files, texts
from services.engagement.service.event.texts import Fact
from services.engagement.service.invitation.texts import LETTERS
from services.engagement.service.mail import links
from services.engagement.service.mail.kinds import MailKind, NotNeeded, Write, message_id_of
from shared import mail
from shared.contacts import KnownContact
from shared.languages import DEFAULT, Language, language_of
from shared.web.resources import Resources

OVER = "The event was over before this was sent."
WITHDRAWN = "The event was withdrawn before this was sent."
NO_INVITATION = "There is no invitation that this could be of."
ONE_CLICK = "List-Unsubscribe=One-Click"

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one mail says, before it is text or HTML."""

    language: Language
    title: str
    greeting: str
    intro: str
    facts: list[Fact]
    replied: str
    reply: str
    reply_url: str | None
    join_url: str | None
    unsubscribe: str
    unsubscribe_url: str
    end: str

    def as_text(self) -> str:
        """The mail without any markup."""
        way = f"{self.reply}\n{self.reply_url}" if self.reply_url else ""
        leave = f"{self.unsubscribe}\n{self.unsubscribe_url}"
        facts = texts.written(self.facts, self.language)
        blocks = [self.greeting, self.intro, self.title, facts, self.replied, way, leave, self.end]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def as_html(self) -> str:
        """The mail with its links."""
        named = {name: getattr(self, name) for name in type(self).__slots__}
        return _templates.get_template("invitation.html").render(named)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes an event's mails as the event is now: a mail that waited long tells nothing old."""

    resources: Resources
    event: Event
    in_line: Mapping[UUID, tuple[str, bool]]
    now: datetime

    def write(self, delivery: Delivery, contact: KnownContact) -> EmailMessage:
        """The mail to one person; NotNeeded where it would say what is no longer so."""
        event, method = self.event, cast("MailMethod", delivery.method)
        if event.ends_at <= self.now:
            raise NotNeeded(OVER)
        if event.withdrawn_on is not None and method == "REQUEST":
            raise NotNeeded(WITHDRAWN)
        invitation_id = delivery.invitation_id
        if invitation_id is None:
            raise NotNeeded(NO_INVITATION)
        reply, is_told = self.in_line.get(invitation_id, ("needs_action", False))
        settings = links.settings_of(self.resources)
        language = language_of(contact.language) or DEFAULT
        about = self._about(method, is_told=is_told)
        reply_url = links.invitation_url(self.resources, invitation_id) if method == "REQUEST" else None
        unsubscribe_url = links.unsubscribe_url(self.resources, delivery.id)
        name = on_one_line(contact.name)
        said = self._said(language, about, name, reply if method == "REQUEST" else "", reply_url, unsubscribe_url)
        message = mail.new_message(
            settings.mail_from,
            mail.address(contact.email, name),
            LETTERS[language].subjects[about].format(title=said.title, day=texts.day(event)),
            said.as_text(),
            said.as_html(),
            message_id_of(self.resources, delivery.id),
        )
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = ONE_CLICK
        attendee = Attendee(name, contact.email, PARTSTATS[reply])
        file = calendar_files.for_mail(
            event, settings, method, attendee, language, self.now, delivery.queued_at, reply_url
        )
        _add_calendar(message, file, method)
        return message

    def _about(self, method: MailMethod, *, is_told: bool) -> str:
        if method == "CANCEL":
            return "disinvited" if self.event.withdrawn_on is None else "withdrawn"
        return "changed" if is_told else "invited"

    def _said(
        self, language: Language, about: str, name: str, reply: str, reply_url: str | None, unsubscribe_url: str
    ) -> Said:
        letter = LETTERS[language]
        return Said(
            language=language,
            title=on_one_line(self.event.title),
            greeting=letter.greeting.format(name=name),
            intro=letter.intros[about],
            facts=texts.facts(self.event, language),
            replied=letter.replied.get(reply, ""),
            reply=letter.reply,
            reply_url=reply_url,
            join_url=self.event.join_url,
            unsubscribe=letter.unsubscribe,
            unsubscribe_url=unsubscribe_url,
            end=letter.end,
        )


async def load(resources: Resources, session: AsyncSession, event_id: UUID) -> Write | None:
    """How to write the mails of an event as it is now; None where there is no such event."""
    event = await session.get(Event, event_id)
    if event is None:
        return None
    # Twice as many as are written in one go.
    in_line = await repository.list_in_line(session, event_id, 2 * pace.MOST_AT_ONCE)
    return Writer(resources, event, in_line, datetime.now(UTC)).write


async def ended(session: AsyncSession, event_id: UUID) -> None:
    """Nothing is left to be sent: now tell those whose first mail went out in the moment in which it was taken back."""
    event = await session.get(Event, event_id)
    if event is not None:
        await announcing.catch_up(session, event)


def _add_calendar(message: EmailMessage, file: bytes, method: MailMethod) -> None:
    """As the mail's last alternative, which Outlook and Gmail show with buttons, and as a file for the others."""
    part = EmailMessage(policy=message.policy)
    # As bytes: lines of a calendar file end with CRLF, and texts lose that on the way.
    part.set_content(file, "text", "calendar", cte="base64", params={"charset": "utf-8", "method": method})
    del part["MIME-Version"]
    message.attach(part)
    parameters: dict[str, Any] = {"name": "invite.ics"}
    message.add_attachment(file, "application", "ics", filename="invite.ics", params=parameters)


KIND = MailKind("invitation", "invitations", load, ended)
