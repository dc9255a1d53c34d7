"""Events: forums, trainings and support meetings."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from services.engagement.schemas.fields import Body, Code, Kind, Language, Moment, Text, TimeZone, View


class Speaker(Body):
    """Somebody who speaks at an event, or a third-party auditor who advises there."""

    name: Text
    organisation: Text | None = None
    role: Text | None = Field(default=None, examples=["third-party auditor"])


SpeakerGiven = Annotated[Speaker, BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value)]
"""A name alone will do."""


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
    speakers: list[SpeakerGiven] = Field(default_factory=list)


class NewEvent(EventFields):
    """An event to create."""

    event_ref: Code | None = Field(default=None, description="Its natural key; made where none is given")


class EventPatch(Body):
    """The fields to change; those left out stay."""

    kind: Kind | None = None
    title: Text | None = None
    topic: Text | None = None
    provisions: list[Code] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    time_zone: TimeZone | None = None
    language: Language | None = None
    channel: Text | None = None
    speakers: list[SpeakerGiven] | None = None

    @model_validator(mode="after")
    def _no_nulls_where_a_value_is_needed(self) -> Self:
        for name in ("kind", "title", "provisions", "starts_at", "ends_at", "time_zone", "speakers"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


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
    speakers: list[dict[str, Any]]
    person_times: int = Field(description="Persons over its attendances; the same person at two events is two")
    withdrawn_on: date | None
    reason: str | None
