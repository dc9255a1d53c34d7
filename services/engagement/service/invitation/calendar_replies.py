"""What somebody's calendar answers to an invitation (iTIP, RFC 5546): who, to what, and which answer."""

from dataclasses import dataclass, field

import icalendar
from icalendar import Calendar

MOST_CHARACTERS = 320


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """An answer to one version of an invitation."""

    uid: str
    address: str = field(repr=False)
    partstat: str
    sequence: int | None


def read_reply(data: bytes) -> CalendarReply | None:
    """The answer in a calendar file; None where there is none, or more than one person's."""
    try:
        calendar = Calendar.from_ical(data)
        events = calendar.walk("VEVENT")
        if len(events) != 1 or str(calendar.get("METHOD", "")).upper() != "REPLY":
            return None
        return _read_event(events[0])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        # Whatever the library makes of what is no calendar file.
        return None


def _read_event(event: icalendar.Component) -> CalendarReply | None:
    attendee = event.get("ATTENDEE")
    if isinstance(attendee, list) and len(attendee) == 1:
        attendee = attendee[0]
    uid, said = str(event.get("UID", "")), str(attendee or "")
    scheme, _, address = said.partition(":")
    if not uid or scheme.lower() != "mailto" or not 0 < len(address) <= MOST_CHARACTERS or isinstance(attendee, list):
        return None
    sequence = event.get("SEQUENCE")
    partstat = str(attendee.params.get("PARTSTAT", "")) if attendee is not None else ""
    return CalendarReply(uid, address, partstat, None if sequence is None else int(sequence))
