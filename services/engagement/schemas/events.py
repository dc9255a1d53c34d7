"""Events: forums, trainings and support meetings."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from services.engagement.schemas.event_parts import (
    AgendaItem,
    AgendaItemView,
    EventMaterialView,
    JoinUrl,
    Material,
    Speaker,
    SpeakerView,
)
from services.engagement.schemas.feedback import Question
from services.engagement.schemas.fields import Body, Code, Kind, Language, Moment, Text, TimeZone, View

MOST_SPEAKERS, MOST_ITEMS = 100, 200

SpeakerGiven = Annotated[Speaker, BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value)]
"""A name alone will do."""
Speakers = Annotated[list[SpeakerGiven], Field(max_length=MOST_SPEAKERS)]
Agenda = Annotated[list[AgendaItem], Field(max_length=MOST_ITEMS, description="In the order in which it is held")]
Materials = Annotated[list[Material], Field(max_length=MOST_ITEMS)]
Capacity = Annotated[int, Field(ge=1, le=100_000, description="How many may accept; those beyond wait for a place")]


class EventFields(Body):
    """Everything about an event but its reference."""

    kind: Kind
    title: Text
    topic: Text | None = None
    provisions: list[Code] = Field(default_factory=list, examples=[["A1", "A3"]])
    starts_at: Moment
    ends_at: Moment
    time_zone: TimeZone = "UTC"
    language: Language | None = None
    channel: Text | None = Field(default=None, examples=["online"])
    location: Text | None = Field(default=None, examples=["Taipei, Building 2, room 301"])
    join_url: JoinUrl | None = None
    capacity: Capacity | None = None
    speakers: Speakers = Field(default_factory=list)
    agenda: Agenda = Field(default_factory=list)
    materials: Materials = Field(default_factory=list)
    recordings: Materials = Field(default_factory=list)


class NewEvent(EventFields):
    """An event to create."""

    event_ref: Code | None = Field(default=None, description="Its natural key; made where none is given")


class EventPatch(Body):
    """The fields to change; those left out stay, lists are replaced as a whole."""

    kind: Kind | None = None
    title: Text | None = None
    topic: Text | None = None
    provisions: list[Code] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    time_zone: TimeZone | None = None
    language: Language | None = None
    channel: Text | None = None
    location: Text | None = None
    join_url: JoinUrl | None = None
    capacity: Capacity | None = None
    speakers: Speakers | None = None
    agenda: Agenda | None = None
    materials: Materials | None = None
    recordings: Materials | None = None

    @model_validator(mode="after")
    def _no_nulls_where_a_value_is_needed(self) -> Self:
        for name in NEVER_NULL:
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


NEVER_NULL = (
    "kind",
    "title",
    "provisions",
    "starts_at",
    "ends_at",
    "time_zone",
    "speakers",
    "agenda",
    "materials",
    "recordings",
)


class WarningView(View):
    """Something that does not stand in the way of the event but that whoever runs it should know."""

    code: str = Field(examples=["no-third-party-auditor"])
    pointer: str = Field(description="JSON Pointer into the event", examples=["#/speakers"])
    detail: str


class EventView(View):
    """A forum, a training or a support meeting."""

    id: UUID
    version: int
    event_ref: str = Field(examples=["FRM-2026-HR"])
    kind: Kind
    title: str
    topic: str | None
    provisions: list[str]
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    language: str | None
    channel: str | None
    location: str | None
    join_url: str | None
    capacity: int | None
    speakers: list[SpeakerView]
    agenda: list[AgendaItemView]
    materials: list[EventMaterialView]
    recordings: list[EventMaterialView]
    feedback_questions: list[Question]
    sequence: int = Field(description="iCalendar's: grows with each change that those invited are told of")
    person_times: int = Field(description="Persons over its attendances; the same person at two events is two")
    withdrawn_on: date | None
    reason: str | None
    warnings: list[WarningView] = Field(description="On its third-party auditors, given the suppliers that take part")
