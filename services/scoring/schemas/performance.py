"""What the API takes and gives of performance."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.scoring.domain.quarter import Quarter
from shared.errors import Invalid

YEARS = range(1990, 2200)


def _checked(written: str) -> str:
    try:
        quarter = Quarter.parse(written)
    except Invalid as error:
        raise ValueError(error.detail) from None
    if quarter.year not in YEARS:
        raise ValueError(f"the year must lie between {YEARS.start} and {YEARS.stop - 1}")
    return str(quarter)


QuarterName = Annotated[str, AfterValidator(_checked), Field(description="A calendar quarter", examples=["2026Q3"])]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Figure = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False, examples=[88.5])]


class Body(BaseModel):
    """A request: unknown fields are an error, so that a mistyped name is not silently lost."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


class PerformanceFields(Body):
    """A supplier's figures of a quarter, 0-100, higher is better; null where there is none."""

    quality: Figure | None = None
    cost: Figure | None = None
    delivery: Figure | None = None
    service: Figure | None = None


class PerformanceRow(PerformanceFields):
    """A line of a `performance` file."""

    supplier_code: Code
    quarter: QuarterName


class PerformanceView(View):
    """A supplier's figures of a quarter."""

    id: UUID
    version: int
    quarter: str
    supplier_code: str
    quality: float | None
    cost: float | None
    delivery: float | None
    service: float | None
    updated_at: datetime
