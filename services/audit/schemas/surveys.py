"""Survey campaigns and responses, as the API takes and gives them."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.audit.schemas.fields import Body, Code, Day, Text, View, Year

Suppliers = Annotated[list[Code], Field(max_length=20_000, description="Ids or codes", examples=[["S0042"]])]


class NewSurvey(Body):
    """A year's campaign."""

    year: Year
    title: Text
    opened_on: Day | None = Field(default=None, description="Today unless given")
    due_on: Day
    suppliers: Suppliers = Field(default=[])

    @model_validator(mode="after")
    def _is_due_after_it_opens(self) -> Self:
        if self.opened_on is not None and self.due_on < self.opened_on:
            raise ValueError("due_on lies before opened_on")
        return self


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
    asked: int = Field(description="How many suppliers are asked; for a supplier: itself")
    submitted: int = Field(description="How many of them have answered")
    created_at: datetime


class CategoryAnswer(View):
    """What a supplier reached in a risk category."""

    score: float
    submitted_on: date


class ResponseView(View):
    """A supplier's answer for a year."""

    id: UUID
    version: int
    supplier_id: UUID
    supplier_code: str
    year: int
    survey_id: UUID | None = Field(description="Null where the supplier was not asked in a campaign")
    due_on: date | None
    submitted_on: date | None = Field(description="Null until answered")
    scores: dict[str, CategoryAnswer]
