"""What an ERP is given of approved allocations: SAP's purchasing quota arrangement, in SAP's own field names."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class SapView(BaseModel):
    """An entity of SAP's service (SAP_COM_0166)."""

    model_config = ConfigDict(populate_by_name=True)


class QuotaItemView(SapView):
    """A source of supply and its quota."""

    item: str = Field(alias="quotaArrangementItem", examples=["1"])
    supplier: str = Field(description="The vendor number in the material's system", examples=["0000100042"])
    procurement: Literal["F"] = Field(alias="materialProcurementCategory", description="External procurement")
    quota: int = Field(alias="purchasingSourceQuota", description="Whole percents; all sum to 100", ge=1, le=100)
    maximum: int = Field(alias="quotaMaximumQuantity", description="0: none beside the quota itself")


class QuotaArrangementView(SapView):
    """How a material at a plant is bought while an allocation holds; SAP gives it its number."""

    allocation_id: UUID
    commodity: str
    system: str = Field(description="Whose material it is")
    material: str
    plant: str
    valid_from: date = Field(alias="validityStartDate")
    valid_to: date = Field(alias="validityEndDate")
    base_unit: str = Field(alias="materialBaseUnit")
    least_to_split: int = Field(alias="minQtyForSpltQuota", description="0: every order may be split")
    items: list[QuotaItemView] = Field(
        alias="toPurgQuotaArrangementItem", description="Whoever gets at least a percent; the others get no orders"
    )


class QuotaArrangementPage(BaseModel):
    """The quota arrangements of a page of allocations."""

    items: list[QuotaArrangementView]
    next_cursor: str | None
    next_after: int
    epoch: UUID


class QuotaArrangements(BaseModel):
    """The quota arrangements of one allocation."""

    items: list[QuotaArrangementView]
