"""What an event is made of: its speakers, its agenda, its materials."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from services.engagement.domain.auditors import SpeakerKind
from services.engagement.schemas.fields import Body, Code, Day, Language, Moment, Text, View
from shared.matching import Matching

JoinUrl = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    Matching(r"^https://[^\s/?#@]+([/?#]\S*)?$", "must be an https address, as in https://meet.example/j/123"),
    Field(
        description="Where an online meeting is joined (https): for those invited",
        examples=["https://meet.example/j/123"],
    ),
]
Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    Matching(
        r"^https?://[^\s/?#@]+([/?#]\S*)?$", "must be an http or https address, as in https://files.example/a.pdf"
    ),
    Field(examples=["https://files.example/working-hours.pdf"]),
]
Statement = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
LONGEST_ITEM = 31 * 24 * 60


class DeclaredConflict(Body):
    """A supplier with which an auditor is or was involved."""

    supplier_code: Code
    nature: Text | None = Field(default=None, examples=["consulting"])
    ended_on: Day | None = Field(default=None, description="Null while it goes on")


Declared = Annotated[
    DeclaredConflict, BeforeValidator(lambda value: {"supplier_code": value} if isinstance(value, str) else value)
]
"""A supplier's code alone will do."""


class Independence(Body):
    """What an auditor declared."""

    declared_on: Day
    statement: Statement
    conflicts: list[Declared] = Field(default_factory=list, max_length=100)


class Speaker(Body):
    """Somebody who speaks at an event, or a third-party auditor who advises there."""

    name: Text
    organisation: Text | None = Field(default=None, description="Needed of a third-party auditor")
    role: Text | None = Field(default=None, examples=["moderator"])
    kind: SpeakerKind = "speaker"
    qualification: Text | None = Field(
        default=None, description="Needed of a third-party auditor", examples=["RBA Lead Auditor"]
    )
    qualified_until: Day | None = Field(default=None, description="Not before the event is over")
    registration_number: Code | None = None
    independence: Independence | None = Field(default=None, description="Needed of a third-party auditor")


class AgendaItem(Body):
    """A part of an event. Without `starts_at` it follows on the one above it."""

    title: Text
    starts_at: Moment | None = None
    minutes: Annotated[int, Field(ge=1, le=LONGEST_ITEM)] | None = None
    speaker: Text | None = None


class Material(Body):
    """A document for those who attend, or a recording."""

    title: Text
    url: Url
    language: Language | None = None


class ConflictView(View):
    """A supplier with which an auditor is or was involved."""

    supplier_code: str
    nature: str | None
    ended_on: date | None


class IndependenceView(View):
    """What an auditor declared."""

    declared_on: date
    statement: str
    conflicts: list[ConflictView]


class SpeakerFields(View):
    """A speaker as it is kept."""

    name: str
    organisation: str | None
    role: str | None
    kind: SpeakerKind
    qualification: str | None
    qualified_until: date | None
    registration_number: str | None
    independence: IndependenceView | None


FIRST_KEPT: dict[str, Any] = {
    "kind": "speaker",
    "qualification": None,
    "qualified_until": None,
    "registration_number": None,
    "independence": None,
}
"""What the events that are older than these fields do not hold of a speaker."""

SpeakerView = Annotated[SpeakerFields, BeforeValidator(lambda kept: FIRST_KEPT | kept)]


class AgendaItemView(View):
    """A part of an event."""

    title: str
    starts_at: datetime | None
    minutes: int | None
    speaker: str | None


class EventMaterialView(View):
    """A document or a recording."""

    title: str
    url: str
    language: str | None
