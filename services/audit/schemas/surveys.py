"""Survey campaigns and their responses, as the API takes and gives them."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from services.audit.schemas.fields import Body, Code, Patch, Text, View, Year
from shared.days import Day

Suppliers = Annotated[list[Code], Field(max_length=20_000, description="Ids or codes", examples=[["S0042"]])]


def each_once(values: list[int]) -> list[int]:
    """The values, if none comes twice."""
    if len(set(values)) < len(values):
        raise ValueError("a day is named twice")
    return values


ReminderDays = Annotated[
    list[Annotated[int, Field(ge=-30, le=60)]],
    Field(max_length=20, description="Days before the due date on which the silent are reminded; negative: after it"),
    AfterValidator(each_once),
]


class NewSurvey(Body):
    """A year's campaign."""

    year: Year
    title: Text
    opened_on: Day | None = Field(default=None, description="Today unless given")
    due_on: Day
    suppliers: Suppliers = Field(default=[])
    questionnaire_id: UUID | None = Field(
        default=None, description="A published questionnaire; without one, scores come by imports of `surveys`"
    )
    reminder_days: ReminderDays = Field(default=[14, 3])

    @model_validator(mode="after")
    def _is_due_after_it_opens(self) -> Self:
        if self.opened_on is not None and self.due_on < self.opened_on:
            raise ValueError("due_on lies before opened_on")
        return self


class SurveyPatch(Patch):
    """What can change of a campaign; moving the due date moves it for all its responses."""

    title: Text | None = None
    due_on: Day | None = None
    reminder_days: ReminderDays | None = None

    @classmethod
    def never_null(cls) -> tuple[str, ...]:
        return ("title", "due_on", "reminder_days")


class MoreSuppliers(Body):
    """Suppliers to ask as well."""

    suppliers: Annotated[Suppliers, Field(min_length=1)]


class SurveyView(View):
    """A campaign."""

    id: UUID
    version: int
    year: int
    title: str
    opened_on: date
    due_on: date
    questionnaire_id: UUID | None = Field(description="Null where scores come by imports")
    reminder_days: list[int]
    asked: int = Field(description="How many suppliers are asked; for a supplier: itself")
    submitted: int = Field(description="How many of them have answered")
    response_rate: float | None = Field(description="submitted / asked, 0..1; null where nobody is asked")
    created_at: datetime
