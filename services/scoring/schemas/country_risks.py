"""Country risks as the API takes and gives them."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.matching import Matching

Country = Annotated[
    str,
    Matching(r"^[A-Z]{2}$", "must be two capital letters, as in TW"),
    Field(description="ISO 3166-1 alpha-2", examples=["TW"]),
]
Year = Annotated[int, Field(ge=1990, le=2200, examples=[2024])]
Source = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Field(examples=["World Bank WGI"])
]
Rank = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False, description="0 worst, 100 best", examples=[71.2])]


class CountryRiskBody(BaseModel):
    """A country's figure for a year."""

    model_config = ConfigDict(extra="forbid")

    source: Source
    mean_percentile_rank: Rank


class CountryRiskView(BaseModel):
    """A country's mean percentile rank of the Worldwide Governance Indicators, or of a source like it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    country: str
    year: int
    source: str
    mean_percentile_rank: float


class CountryRiskRow(BaseModel):
    """A line of a `country-risks` file."""

    country: Country
    year: Year
    source: Source
    mean_percentile_rank: Rank
