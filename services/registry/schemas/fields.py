"""The types of fields that the registry's requests and answers share."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from shared.matching import Matching

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Country = Annotated[
    str,
    Matching(r"^[A-Z]{2}$", "must be two capital letters, as in TW"),
    Field(description="ISO 3166-1 alpha-2", examples=["TW"]),
]
Currency = Annotated[
    str,
    Matching(r"^[A-Z]{3}$", "must be three capital letters, as in TWD"),
    Field(description="ISO 4217", examples=["TWD"]),
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    Matching(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "must be a mail address, as in mei.lin@supplier.example"),
]
SupplyTier = Annotated[int, Field(ge=1, le=9, description="1 assembly, 2 components, 3 raw materials", examples=[2])]
Kind = Literal["general", "key", "oem"]
Status = Literal["prospect", "active", "probation", "suspended", "inactive"]
Bars = Annotated[list[Text], BeforeValidator(lambda value: value.split("|") if isinstance(value, str) else value)]
"""A list that a cell of a file holds joined by vertical bars."""


class Body(BaseModel):
    """A request: unknown fields are an error, so that a mistyped name is not silently lost."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)
