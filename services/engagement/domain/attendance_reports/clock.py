"""Times as meeting tools write them: on a wall clock, the date in an order that the file does not tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Final

DEFAULT_ORDER: Final = "us"
"""Both tools write it wherever nobody chose another."""

ORDERS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {"us": ("month", "day", "year"), "eu": ("day", "month", "year")}
)
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CENTURY: Final = 2000
YEARS: Final = range(2000, 2200)
"""Meetings on a screen took place in no other."""

NOON: Final = 12
AFTERNOON: Final = "Pp下"

MOST_SHOWN: Final = 40
"""So much of what is no time is repeated: in a shifted column it may be anything."""

NUMBERS = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})$")
NAMED = re.compile(r"([A-Za-z]{3})[a-z]*\.? (\d{1,2}), (\d{4})$")
CLOCK = re.compile(
    r"(?P<date>.+?),? (?P<period>[上下]午)? ?(?P<hour>\d{1,2}):(?P<minute>\d\d)(:(?P<second>\d\d))?"
    r"( ?(?P<half>[AaPp])\.?[Mm]\.?)?$"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in UTC."""

    start: datetime
    end: datetime

    def seconds_within(self, other: "Span") -> float:
        """How long both last together."""
        return max(0.0, (min(self.end, other.end) - max(self.start, other.start)).total_seconds())


def read_wall_time(text: str, order: str) -> datetime:
    """The naive time that is written there, its date in this order (a key of ORDERS); ValueError says what is wrong."""
    # Newer exports have a narrow no-break space before AM and PM.
    found = CLOCK.match(" ".join(text.split()))
    date = None if found is None else _read_date(found["date"], order)
    if found is None or date is None:
        raise ValueError(f"{text[:MOST_SHOWN]!r} is no time as in 04/16/2026 01:30:00 PM")
    if date["year"] not in YEARS:
        raise ValueError(f"{text!r} lies not in the years {YEARS.start} to {YEARS.stop - 1}")
    hour = int(found["hour"])
    half = found["half"] or found["period"]
    if half:
        if not 1 <= hour <= NOON:
            raise ValueError(f"{text!r} has an hour that no such clock shows")
        hour = hour % NOON + (NOON if half[0] in AFTERNOON else 0)
    try:
        return datetime(  # noqa: DTZ001  # its zone is told elsewhere
            date["year"], date["month"], date["day"], hour, int(found["minute"]), int(found["second"] or 0)
        )
    except ValueError:
        other = next(name for name in ORDERS if name != order)
        raise ValueError(
            f"{text!r} does not exist with the date as {'/'.join(ORDERS[order])}; perhaps date_format={other}"
        ) from None


def span_of(joined: datetime, left: datetime, zone: tzinfo, event: Span) -> Span:
    """From joining to leaving on that zone's clocks; ValueError where they do not show such times.

    Times that clocks show twice, in the hour that is set back, are taken for the shortest stay within the event.
    """
    spans = [Span(start, end) for start in _moments(joined, zone) for end in _moments(left, zone) if start <= end]
    if not spans:
        raise ValueError("the leave time lies before the join time")
    return max(spans, key=lambda span: (event.seconds_within(span) > 0, span.start - span.end))


def _moments(wall: datetime, zone: tzinfo) -> list[datetime]:
    """When clocks of that zone show this time: once, twice, or, when they are set forward, never."""
    moments = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = sorted(moment for moment in moments if moment.astimezone(zone).replace(tzinfo=None) == wall)
    if not shown:
        raise ValueError(
            f"clocks in {zone} were set forward and never showed {wall:%Y-%m-%d %H:%M}; name another time_zone"
        )
    return shown


def _read_date(text: str, order: str) -> dict[str, int] | None:
    """Year, month and day, which may not exist; None where it is no date."""
    named = NAMED.match(text)
    if named is not None:
        month = named[1].lower()
        return (
            {"month": MONTHS.index(month) + 1, "day": int(named[2]), "year": int(named[3])} if month in MONTHS else None
        )
    numbers = NUMBERS.match(text)
    if numbers is None:
        return None
    parts = (numbers[1], numbers[3], numbers[4])
    year_first = len(parts[0]) > 2  # noqa: PLR2004  # digits of a day or month
    names = ("year", "month", "day") if year_first else ORDERS[order]
    date = {name: int(part) for name, part in zip(names, parts, strict=True)}
    if date["year"] < 100:  # noqa: PLR2004  # written with two digits
        date["year"] += CENTURY
    return date
