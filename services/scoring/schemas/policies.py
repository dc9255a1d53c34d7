"""Policies as the API gives them."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

PolicyStatus = Literal["draft", "published"]


class CategoryView(BaseModel):
    """A risk category and its part in the base."""

    code: str = Field(examples=["labor_employment"])
    weight: float


class ProvisionCategory(BaseModel):
    """Where findings on a provision count."""

    standard: str = Field(examples=["RBA"])
    version: str = Field(examples=["8.0"])
    provision: str = Field(description="`*`: all of this version that are not named", examples=["A3"])
    category: str


class PolicyView(BaseModel):
    """A version of the rules."""

    version: int
    name: str
    status: PolicyStatus
    valid_from: date | None = Field(description="The first day on which it is in force; null for a draft")
    categories: list[CategoryView]
    provision_categories: list[ProvisionCategory]
    section_categories: dict[str, str] = Field(
        description="Section letter -> category, for provisions that are not named; `*` for all other letters"
    )
    document: dict[str, Any] = Field(description="The whole of it")
