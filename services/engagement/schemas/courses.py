"""Courses, how often they are viewed, and who completed them."""

from datetime import date
from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from services.engagement.schemas.fields import Body, Code, Day, Language, Link, PersonRef, Text, View
from services.engagement.schemas.suppliers import MayNameSupplier, NamesSupplier

MOST_LINKS = 50


def _with_host(link: str) -> str:
    try:
        host = urlsplit(link).hostname
    except ValueError:
        host = None
    if not host:
        raise ValueError("must be an address of the web, as in https://learning.example/courses/14001")
    return link


CourseLink = Annotated[Link, AfterValidator(_with_host)]
Links = Annotated[
    list[CourseLink], Field(max_length=MOST_LINKS, description="Where it is; statements name the course by them")
]


class CourseFields(Body):
    """Everything about a course but its code."""

    title: Text
    language: Language | None = None
    standard: Text | None = Field(
        default=None,
        description="What it teaches; completing ISO 14001, 45001 or 50001 leads to a reminder of the certificate",
        examples=["ISO 14001", "ISO 45001", "ISO 50001", "RBA"],
    )
    links: Links = Field(default_factory=list)


class NewCourse(CourseFields):
    """A course to put into the catalogue."""

    code: Code


class CoursePatch(Body):
    """The fields to change; those left out stay."""

    title: Text | None = None
    language: Language | None = None
    standard: Text | None = None
    links: Links | None = None

    @model_validator(mode="after")
    def _no_nulls_where_a_value_is_needed(self) -> Self:
        for name in ("title", "links"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class CourseShown(View):
    """A course of the catalogue."""

    id: UUID
    version: int
    code: str = Field(examples=["CRS-14001"])
    title: str
    language: str | None
    standard: str | None
    links: list[str]
    views: int | None = Field(description="How often it was viewed; not shown to suppliers")
    completions: int | None = Field(description="How many persons completed it; not shown to suppliers")


class NewView(MayNameSupplier):
    """Views of a course on a day, of one supplier or of whomever."""

    on: Day
    count: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class ViewShown(View):
    """Views of a course on a day."""

    id: UUID
    version: int
    course_id: UUID
    supplier_id: UUID | None
    on: date
    count: int
    withdrawn_on: date | None
    reason: str | None


class NewCompletion(NamesSupplier):
    """A person of a supplier who completed a course."""

    person_ref: PersonRef
    on: Day


class CompletionShown(View):
    """A person of a supplier who completed a course."""

    id: UUID
    version: int
    course_id: UUID
    supplier_id: UUID
    person_ref: str
    on: date
    withdrawn_on: date | None
    reason: str | None
