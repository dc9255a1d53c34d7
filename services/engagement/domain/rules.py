"""What events, attendances and completions must be like; each complaint names the field at fault."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

EVENT_KINDS: Final = ("forum", "training", "support_meeting")
COURSE_KIND: Final = "course"
LONGEST_EVENT: Final = timedelta(days=31)
MARGIN: Final = timedelta(hours=12)
"""How long before an event one may have joined, and after it left."""

Complaint = tuple[str, str]
"""A field and what is wrong with it."""


def utc_day(moment: datetime) -> date:
    """The day on which something counts, for whatever zone its time was given in."""
    return moment.astimezone(UTC).date()


def complaints_about_event(starts_at: datetime, ends_at: datetime) -> list[Complaint]:
    """What is wrong with an event's times."""
    if ends_at <= starts_at:
        return [("ends_at", "lies not after starts_at")]
    if ends_at - starts_at > LONGEST_EVENT:
        return [("ends_at", f"lies more than {LONGEST_EVENT.days} days after starts_at")]
    return []


def days_there(starts_at: datetime, ends_at: datetime, time_zone: str) -> tuple[date, date]:
    """The first and the last day of an event where it takes place; one that ends at midnight ends on the day before."""
    zone = ZoneInfo(time_zone)
    last = ends_at - timedelta(microseconds=1)
    return starts_at.astimezone(zone).date(), last.astimezone(zone).date()


def complaints_about_agenda(
    starts_at: datetime, ends_at: datetime, agenda: Sequence[Mapping[str, Any]]
) -> list[Complaint]:
    """What is wrong with an agenda: its items lie within the event, and none begins before the one above it.

    An item without a time follows on the one above it. Items may overlap: a forum can have sessions side by side.
    """
    complaints: list[Complaint] = []
    begun = follows = starts_at
    for n, item in enumerate(agenda):
        begins = datetime.fromisoformat(item["starts_at"]) if item["starts_at"] else follows
        ends = begins + timedelta(minutes=item["minutes"] or 0)
        if not starts_at <= begins < ends_at:
            complaints.append((f"agenda/{n}/starts_at", "is not during the event"))
            continue
        if begins < begun:
            complaints.append((f"agenda/{n}/starts_at", "lies before the item above begins"))
        elif ends > ends_at:
            complaints.append((f"agenda/{n}/minutes", "last longer than the event"))
        begun, follows = max(begun, begins), max(follows, ends)
    return complaints


def times_of_agenda(starts_at: datetime, agenda: Sequence[Mapping[str, Any]]) -> list[datetime | None]:
    """When each item begins: when it says, else after the longest above it; None where nobody said how long that is."""
    times: list[datetime | None] = []
    follows: datetime | None = starts_at
    for item in agenda:
        begins = datetime.fromisoformat(item["starts_at"]) if item.get("starts_at") else follows
        times.append(begins)
        ends = begins + timedelta(minutes=item["minutes"]) if begins and item.get("minutes") else None
        follows = ends if ends is None or follows is None else max(follows, ends)
    return times


def complaints_about_beginning(starts_at: datetime, now: datetime) -> list[Complaint]:
    """An invitation is no attendance: nobody has attended what is still to come."""
    if utc_day(starts_at) > utc_day(now):
        return [("starts_at", "lies in the future; nobody can have attended yet")]
    return []


def complaints_about_attendance(
    starts_at: datetime,
    ends_at: datetime,
    joined_at: datetime | None,
    left_at: datetime | None,
    person_ref: str | None,
    persons: int,
) -> list[Complaint]:
    """What is wrong with an attendance of an event at these times."""
    complaints: list[Complaint] = []
    if joined_at is not None and not starts_at - MARGIN <= joined_at < ends_at:
        complaints.append(("joined_at", "is not during the event, nor shortly before it"))
    if left_at is not None and not starts_at < left_at <= ends_at + MARGIN:
        complaints.append(("left_at", "is not during the event, nor shortly after it"))
    if joined_at is not None and left_at is not None and left_at <= joined_at:
        complaints.append(("left_at", "lies not after joined_at"))
    if person_ref is not None and persons != 1:
        complaints.append(("persons", "must be 1 where person_ref names one person"))
    return complaints


def complaints_about_day(field: str, on: date, now: datetime) -> list[Complaint]:
    """What is recorded as done cannot lie in the future."""
    return [(field, "lies in the future")] if on > utc_day(now) else []
