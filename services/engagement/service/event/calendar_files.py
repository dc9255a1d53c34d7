"""An event as a calendar file: for mails, and to be fetched."""

from dataclasses import replace
from datetime import datetime

from services.engagement.domain import calendars
from services.engagement.domain.calendars import Attendee, Entry, MailMethod
from services.engagement.models import Event
from services.engagement.service.event import texts
from services.engagement.settings import EngagementSettings
from shared.languages import DEFAULT, Language

MEDIA_TYPE = "text/calendar"


def published(
    event: Event,
    settings: EngagementSettings,
    now: datetime,
    language: Language = DEFAULT,
    reply_url: str | None = None,
    *,
    is_taken_back: bool = False,
) -> bytes:
    """The event to be put into a calendar by hand: it asks for no answer and names nobody who is invited.

    An event that is withdrawn, or an invitation that `is_taken_back`, is cancelled in calendars that know it.
    """
    entry = _entry(event, settings, now, None, language, reply_url)
    if is_taken_back or event.withdrawn_on is not None:
        entry = replace(entry, is_withdrawn=True, description="", location=event.location, url=None)
    return calendars.write(entry, "PUBLISH")


def for_mail(
    event: Event,
    settings: EngagementSettings,
    method: MailMethod,
    attendee: Attendee,
    language: Language,
    now: datetime,
    changed_at: datetime,
    reply_url: str | None,
) -> bytes:
    """The event as one person is invited to it, or disinvited."""
    entry = _entry(event, settings, now, changed_at, language, reply_url)
    return calendars.write(entry, method, attendee)


def _entry(
    event: Event,
    settings: EngagementSettings,
    now: datetime,
    changed_at: datetime | None,
    language: Language,
    reply_url: str | None,
) -> Entry:
    return Entry(
        uid=calendars.uid_of(event.id, settings.mail_from),
        sequence=event.sequence,
        title=event.title,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        description=texts.description(event, language, reply_url),
        # Calendars show the place first; an online event's is where it is joined.
        location=event.location or event.join_url,
        url=event.join_url,
        organizer=settings.mail_from,
        written_at=now,
        changed_at=changed_at,
    )
