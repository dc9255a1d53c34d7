"""The kinds of field that engagement's bodies are made of."""

import zoneinfo
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from shared.days import IsoDate
from shared.matching import Matching

YEARS = range(1990, 2200)
"""Another year is a slip of the pen."""

Kind = Literal["forum", "training", "support_meeting"]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Link = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    Matching(r"^https?://[^\s]+$", "must be an http or https address, as in https://learning.example/14001"),
]
Language = Annotated[
    str,
    Matching(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "must be a language tag, as in en or zh-TW"),
    Field(description="BCP 47", examples=["zh-TW"]),
]
PersonRef = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    Matching(r"^[^@]+$", "must hold no @: give a reference of your own such as p-0001, never a mail address"),
    Field(description="An opaque reference to a person; no name, no mail address", examples=["p-0001"]),
]
Persons = Annotated[int, Field(ge=1, le=100_000, description="How many were there; 1 where person_ref names one")]
Rating = Annotated[int, Field(ge=1, le=5, description="4 and 5 count as satisfied")]


def _as_written(value: Any) -> Any:
    """Refuse numbers: they would be read as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and "-" not in value.strip()[1:]):
        raise ValueError("must be a time as in 2026-03-12T14:00:00+08:00")
    return value


def _in_utc(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError(f"must lie in the years {YEARS.start} to {YEARS.stop - 1}")
    return moment.astimezone(UTC)


def _in_reach(day: date) -> date:
    if day.year not in YEARS:
        raise ValueError(f"must lie in the years {YEARS.start} to {YEARS.stop - 1}")
    return day


@lru_cache(maxsize=1000)
def _known_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no IANA time zone; an example is Asia/Taipei") from None
    return name


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_as_written),
    AfterValidator(_in_utc),
    Field(description="RFC 3339 with an offset", examples=["2026-03-12T14:00:00+08:00"]),
]
Day = Annotated[IsoDate, AfterValidator(_in_reach)]
TimeZone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(_known_zone),
    Field(description="IANA name", examples=["Asia/Taipei"]),
]


class Body(BaseModel):
    """A request: unknown fields are an error, so that a mistyped name is not silently lost."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


class Withdrawal(Body):
    """Why something counts no longer, and from when (default: today)."""

    reason: Text
    withdrawn_on: Day | None = None
