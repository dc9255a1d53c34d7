"""Calendar files of events (RFC 5545), as calendars take them from mails (RFC 5546, 6047)."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Literal
from uuid import UUID

import icalendar

PRODUCT = "-//Bellwether//Engagement//EN"
MailMethod = Literal["REQUEST", "CANCEL"]
Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
PARTSTATS = {
    "needs_action": "NEEDS-ACTION",
    "accepted": "ACCEPTED",
    "declined": "DECLINED",
    "tentative": "TENTATIVE",
    # They said that they will come; that there is no place yet is no answer that a calendar knows.
    "waiting": "TENTATIVE",
}
REPLIES = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
"""The answers that calendars send back, and what they mean here."""

# A parameter cannot hold a double quote, however it is escaped, and some readers take a backslash for an escape.
_NOT_IN_PARAMETERS = {ord('"'): "'", ord("\\"): "/"}
_LINE_ENDS = dict.fromkeys(map(ord, "\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")


@dataclass(frozen=True, slots=True)
class Attendee:
    """Whom a calendar file is written for; nobody else's name or address stands in it."""

    name: str
    address: str
    partstat: str = "NEEDS-ACTION"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar file says; times with their zone, texts as people wrote them."""

    uid: str
    sequence: int
    title: str
    starts_at: datetime
    ends_at: datetime
    description: str
    location: str | None
    url: str | None
    organizer: str
    written_at: datetime
    changed_at: datetime | None = None
    is_withdrawn: bool = False


def uid_of(event_id: UUID, sender: str) -> str:
    """An event's UID: the same for as long as mails come from the same domain."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"{event_id}@{domain}"


def event_of(uid: str) -> UUID | None:
    """The event that a UID names, None where none of ours does."""
    name = uid.strip().partition("@")[0].lower()
    try:
        found = UUID(name)
    except ValueError:
        return None
    # Others make UIDs of 32 digits without hyphens.
    return found if str(found) == name else None


def write(entry: Entry, method: Method, attendee: Attendee | None = None) -> bytes:
    """The calendar file: lines end with CRLF and hold 75 octets at most.

    Times are in UTC: every calendar shows them on its reader's own clock, in Taipei as in Houston, and none depends on
    how it understands somebody's definition of a time zone. Only events that recur would need their zone.
    """
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.written_at.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", on_one_line(entry.title))
    if entry.description:
        event.add("description", plain(entry.description))
    if entry.location:
        event.add("location", on_one_line(entry.location))
    if entry.url:
        event.add("url", entry.url)
    if entry.changed_at is not None:
        event.add("last-modified", entry.changed_at.astimezone(UTC))
    # One who alone is disinvited gets CANCELLED too: that person's calendar knows the event for them alone.
    event.add("status", "CANCELLED" if method == "CANCEL" or entry.is_withdrawn else "CONFIRMED")
    event.add("class", "PUBLIC")
    event.add("transp", "OPAQUE")
    event.add("organizer", _person(*parseaddr(entry.organizer)))
    if attendee is not None:
        who = _person(attendee.name, attendee.address)
        who.params["CUTYPE"] = "INDIVIDUAL"
        who.params["ROLE"] = "REQ-PARTICIPANT"
        who.params["PARTSTAT"] = attendee.partstat
        who.params["RSVP"] = "TRUE" if method == "REQUEST" else "FALSE"
        event.add("attendee", who)
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def plain(text: str) -> str:
    """The text with line feeds as its only control characters: a calendar file can hold no others."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS)
    return "".join(
        character for character in lines if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    )


def on_one_line(text: str) -> str:
    """The text without any line breaks or control characters, fit for a title or a header."""
    return " ".join(plain(text).split())


def _person(name: str, address: str) -> icalendar.vCalAddress:
    person = icalendar.vCalAddress(f"mailto:{address}")
    shown = on_one_line(name).translate(_NOT_IN_PARAMETERS)
    if shown:
        person.params["CN"] = shown
    return person
