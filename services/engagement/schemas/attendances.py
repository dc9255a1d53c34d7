"""Attendances at events, one by one, in lists, and as lines of a file."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter, WrapValidator, model_validator

from services.engagement.schemas.fields import (
    Body,
    Code,
    Kind,
    Moment,
    PersonRef,
    Persons,
    Rating,
    Text,
    View,
)
from services.engagement.schemas.suppliers import NamesSupplier

MOST_AT_ONCE = 500


class NewAttendance(NamesSupplier):
    """A person of a supplier who was at an event, or several who were counted."""

    person_ref: PersonRef | None = None
    persons: Persons = 1
    joined_at: Moment | None = None
    left_at: Moment | None = None
    rating: Rating | None = None


MANY: TypeAdapter[list[NewAttendance]] = TypeAdapter(
    Annotated[list[NewAttendance], Field(min_length=1, max_length=MOST_AT_ONCE)]
)


def _one_or_many(value: Any, _validate_union: Any) -> NewAttendance | list[NewAttendance]:
    """Validate by the shape that was sent: a plain union would complain about both, under pointers of its own."""
    return MANY.validate_python(value) if isinstance(value, list) else NewAttendance.model_validate(value)


OneOrMany = Annotated[
    NewAttendance | Annotated[list[NewAttendance], Field(min_length=1, max_length=MOST_AT_ONCE)],
    WrapValidator(_one_or_many),
]


class AttendancePatch(Body):
    """The fields to change; those left out stay."""

    persons: Persons | None = None
    joined_at: Moment | None = None
    left_at: Moment | None = None
    rating: Rating | None = None

    @model_validator(mode="after")
    def _persons_are_counted(self) -> Self:
        if "persons" in self.model_fields_set and self.persons is None:
            raise ValueError("persons cannot be null")
        return self


class AttendanceView(View):
    """A person of a supplier at an event, or several who were counted."""

    id: UUID
    version: int
    event_id: UUID
    supplier_id: UUID
    supplier_code: str
    person_ref: str | None
    persons: int
    joined_at: datetime | None
    left_at: datetime | None
    person_hours: float = Field(description="Hours of the event that they were there, times persons")
    rating: int | None
    withdrawn_on: date | None
    reason: str | None


class AttendanceList(View):
    """The attendances that were recorded, in the order in which they were sent."""

    items: list[AttendanceView]


class AttendanceRow(BaseModel):
    """A line of an `attendances` file."""

    event_ref: Code
    kind: Kind
    title: Text
    starts_at: Moment
    ends_at: Moment
    supplier_code: Code
    person_ref: PersonRef | None = None
    persons: Persons = 1
    joined_at: Moment | None = None
    left_at: Moment | None = None
    rating: Rating | None = None
