"""The people of a report: all stays of one person taken together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Final

from services.engagement.domain import rules
from services.engagement.domain.attendance_reports import layouts
from services.engagement.domain.attendance_reports.clock import Span, span_of
from services.engagement.domain.attendance_reports.layouts import Stay
from shared.errors import Invalid

FARTHEST: Final = timedelta(days=1)
"""Times that lie farther from the event are another meeting's, or read in the wrong order."""

GUEST_MARK: Final = "#EXT#"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was in a meeting; `whole` lasts from first joining to last leaving, `seconds` has no overlap twice.

    Their times lie no further from the event than an attendance may; None where they were not there during the event.
    """

    name: str
    email: str
    codes: frozenset[str]
    whole: Span | None
    seconds: int


def gather(stays: Sequence[Stay], zone: tzinfo, event: Span) -> list[Person]:
    """The people of a report on this event, in the order in which they come.

    One person is one e-mail address, or one name where there is none. Invalid where a time lies more than a day away
    from the event, or does not exist in the zone.
    """
    spans: dict[str, list[Span]] = {}
    first: dict[str, Stay] = {}
    codes: dict[str, set[str]] = {}
    for stay in stays:
        try:
            span = span_of(stay.joined, stay.left, zone, event)
            _refuse_far(span, event)
        except ValueError as error:
            raise layouts.refusal(stay.line, error) from None
        key = address_of(stay.email) or _folded(stay.name)
        first.setdefault(key, stay)
        spans.setdefault(key, []).append(span)
        codes.setdefault(key, set()).update([stay.code] if stay.code else [])
    if not first:
        raise Invalid("Nobody was in this meeting.", code="report-empty")
    return [
        Person(
            stay.name,
            address_of(stay.email),
            frozenset(codes[key]),
            _during(spans[key], event),
            union_seconds(spans[key]),
        )
        for key, stay in first.items()
    ]


def address_of(email: str) -> str:
    """An e-mail address in small letters, that of a guest of our own Teams as it is at home; empty where it is none."""
    address = email.strip()
    if GUEST_MARK in address:
        user, _, domain = address.split(GUEST_MARK)[0].rpartition("_")
        address = f"{user}@{domain}"
    user, _, domain = address.lower().rpartition("@")
    return f"{user}@{domain}" if user and "." in domain else ""


def union_seconds(spans: Iterable[Span]) -> int:
    """How long these last, what they share counted once."""
    total, reached = timedelta(), None
    for span in sorted(spans, key=lambda span: span.start):
        start = span.start if reached is None else max(span.start, reached)
        total += max(timedelta(), span.end - start)
        reached = span.end if reached is None else max(span.end, reached)
    return int(total.total_seconds())


def _during(spans: Sequence[Span], event: Span) -> Span | None:
    if not any(span.seconds_within(event) for span in spans):
        return None
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return Span(max(start, event.start - rules.MARGIN), min(end, event.end + rules.MARGIN))


def _refuse_far(span: Span, event: Span) -> None:
    if span.start < event.start - FARTHEST or span.end > event.end + FARTHEST:
        raise ValueError(
            f"from {span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M} (UTC) lies more than a day away from the "
            f"event, which begins {event.start:%Y-%m-%d %H:%M}; look at date_format, time_zone, or whose report it is"
        )


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
