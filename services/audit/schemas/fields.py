"""The kinds of field that several requests, answers and files have."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.days import Day
from shared.matching import Matching

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    Matching(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "must be a mail address, as in mei.lin@supplier.example"),
]
Category = Annotated[
    str,
    Matching(
        r"^[a-z][a-z0-9_]{0,63}$",
        "must be small letters, digits and underscores, and begin with a letter, as in labor_employment",
    ),
    Field(description="A risk category of the scoring policy", examples=["labor_employment"]),
]
AuditKind = Literal["vap", "cma", "supplemental", "internal", "closure", "document_review", "regulatory", "incident"]
Outcome = Literal["approved", "conditionally_approved", "rejected"]
AuditScore = Annotated[Decimal, Field(ge=0, le=200, max_digits=7, decimal_places=2, examples=[171.5])]
Year = Annotated[int, Field(ge=1970, le=2199, examples=[2026])]
CategoryScore = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]

Categories = Annotated[list[Category], Field(max_length=100)]
Bars = Annotated[Categories, BeforeValidator(lambda value: value.split("|") if isinstance(value, str) else value)]
"""A list that a cell of a file holds joined by vertical bars."""


class Body(BaseModel):
    """A request: unknown fields are an error, so that a mistyped name is not silently lost."""

    model_config = ConfigDict(extra="forbid")


class Patch(Body):
    """The fields to change; those left out stay."""

    @classmethod
    def never_null(cls) -> tuple[str, ...]:
        """The fields that cannot be emptied."""
        return ()

    @model_validator(mode="after")
    def _no_nulls_where_a_value_is_needed(self) -> Self:
        for name in self.never_null():
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self

    def given(self) -> Mapping[str, Any]:
        """The fields that the request names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


def check_one_name(supplier_id: UUID | None, supplier_code: str | None) -> None:
    """Raise ValueError unless a supplier is named, and in one way."""
    if (supplier_id is None) == (supplier_code is None):
        raise ValueError("name the supplier by supplier_id or by supplier_code, by exactly one of them")


class OfSupplier(Body):
    """A request about one supplier."""

    supplier_id: UUID | None = None
    supplier_code: Code | None = None

    @model_validator(mode="after")
    def _one_name_for_the_supplier(self) -> Self:
        check_one_name(self.supplier_id, self.supplier_code)
        return self


class AuditWithdrawal(Body):
    """Why and from when something counts no longer."""

    reason: Text
    on: Day | None = Field(default=None, description="Today unless given")
