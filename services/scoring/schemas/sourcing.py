"""What the API takes and gives of commodities and sourcing."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.scoring.schemas.performance import Body, Code, QuarterName, View

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
BaselineShare = Annotated[Decimal, Field(ge=0, le=1, decimal_places=12, description="Part of 1", examples=[0.4])]
BoundShare = Annotated[Decimal, Field(ge=0, lt=1000, decimal_places=12, description="Part of 1", examples=[0.6])]


LargestShare = Annotated[Decimal, Field(gt=0, le=1, decimal_places=12, examples=[0.6])]
LeastSources = Annotated[int, Field(ge=1, le=1000, examples=[2])]


class MaterialBody(Body):
    """What an ERP calls the commodity at a plant."""

    system: Name = Field(examples=["SAP-P10"])
    material: Name = Field(examples=["000000000000012345"])
    plant: Name = Field(examples=["TW01"])
    base_unit: Name = Field(examples=["PC"])


class CommodityFields(Body):
    """Everything about a commodity but its code; materials and limits left out stay as they are."""

    description: Description
    materials: list[MaterialBody] | None = None
    largest_share: LargestShare | None = Field(
        default=None, description="No supplier may get more, against concentration; null: no limit"
    )
    least_sources: LeastSources | None = Field(
        default=None, description="How many suppliers should get orders at least; null: no limit"
    )


class CommodityRow(Body):
    """A line of a `commodities` file."""

    commodity: Code
    description: Description


class MaterialView(View):
    """What an ERP calls the commodity at a plant."""

    system: str
    material: str
    plant: str
    base_unit: str


class CommodityView(View):
    """A commodity."""

    id: UUID
    version: int
    code: str
    description: str
    materials: list[MaterialView]
    largest_share: float | None = Field(description="No supplier may get more")
    least_sources: int | None = Field(description="How many suppliers should get orders at least")
    updated_at: datetime


class LineFields(Body):
    """A supplier's share of a commodity and its bounds; blank capacity and max_share are 1, blank min_share 0."""

    baseline_share: BaselineShare
    capacity_share: BoundShare | None = None
    max_share: BoundShare | None = None
    min_share: BaselineShare | None = None
    blocked: bool = False

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        ceiling = min(share if share is not None else Decimal(1) for share in (self.capacity_share, self.max_share))
        if self.min_share is not None and self.min_share > ceiling:
            raise ValueError("min_share is above what capacity_share and max_share allow")
        return self


class LineBody(LineFields):
    """A line of a commodity's sourcing."""

    supplier_code: Code


class SourcingBody(Body):
    """All lines of the commodity in the quarter; their baseline shares sum to 1, within 0.001."""

    lines: list[LineBody] = Field(min_length=1, max_length=1000)


class SourcingRow(LineFields):
    """A line of a `sourcing` file."""

    quarter: QuarterName
    commodity: Code
    supplier_code: Code


class LineView(View):
    """A line of a commodity's sourcing."""

    supplier_code: str
    baseline_share: float
    capacity_share: float | None
    max_share: float | None
    min_share: float | None
    blocked: bool


class SourcingView(View):
    """A commodity's sourcing in a quarter."""

    id: UUID
    version: int
    quarter: str
    commodity: str
    lines: list[LineView]
    updated_at: datetime
