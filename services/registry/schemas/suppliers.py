"""Suppliers as the API takes and gives them, and as files bring them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, field_validator, model_validator

from services.registry.domain import identifiers
from services.registry.schemas.fields import (
    Bars,
    Body,
    Code,
    Country,
    Currency,
    Email,
    Kind,
    Status,
    SupplyTier,
    Text,
    View,
)
from shared.matching import Matching


class Money(Body):
    """An amount in a currency."""

    amount: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2, examples=["12500000.00"])]
    currency: Currency


class IdentifierBody(Body):
    """What another system calls the supplier."""

    scheme: Annotated[
        str,
        StringConstraints(to_lower=True),
        Matching(r"^[a-z0-9_]{1,32}$", "must be 1 to 32 letters, digits and underscores, as in duns"),
        Field(description="duns, lei, gln and os_id are checked; others, such as erp, are taken as they are"),
    ]
    system: Annotated[str, StringConstraints(max_length=64)] = Field(default="", examples=["SAP-P10"])
    value: Annotated[str, StringConstraints(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _check_digits(self) -> Self:
        self.value = identifiers.normalise(self.scheme, self.value)
        complaint = identifiers.complaint(self.scheme, self.value)
        if complaint is not None:
            raise ValueError(complaint)
        return self


class SupplierFields(Body):
    """Everything about a supplier but its code."""

    name: Text
    aliases: list[Text] = Field(default=[])
    country: Country | None = None
    supply_tier: SupplyTier | None = None
    kind: Kind = "general"
    status: Status = "active"
    parent_code: Code | None = None
    commodities: list[Code] = Field(default=[])
    identifiers: list[IdentifierBody] = Field(default=[])
    annual_spend: Money | None = None
    email: Email | None = Field(default=None, description="A company mailbox, not a person's")


class NewSupplier(SupplierFields):
    """A supplier to create."""

    code: Code


class SupplierPatch(Body):
    """The fields to change; those left out stay."""

    name: Text | None = None
    aliases: list[Text] | None = None
    country: Country | None = None
    supply_tier: SupplyTier | None = None
    kind: Kind | None = None
    status: Status | None = None
    parent_code: Code | None = None
    commodities: list[Code] | None = None
    identifiers: list[IdentifierBody] | None = None
    annual_spend: Money | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _no_nulls_where_a_value_is_needed(self) -> Self:
        for name in ("name", "aliases", "kind", "status", "commodities", "identifiers"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class IdentifierView(View):
    """What another system calls the supplier."""

    scheme: str
    system: str
    value: str


class MoneyView(View):
    """An amount in a currency."""

    amount: Decimal
    currency: str


class SupplierView(View):
    """A supplier."""

    id: UUID
    version: int
    code: str = Field(examples=["S0042"])
    name: str = Field(examples=["Jade River Precision Co."])
    aliases: list[str]
    country: str | None
    supply_tier: int | None
    kind: Kind
    status: Status
    parent_code: str | None
    commodities: list[str]
    identifiers: list[IdentifierView]
    annual_spend: MoneyView | None
    email: str | None
    merged_into: UUID | None = Field(description="The supplier with which this one is scored since a merge")
    created_at: datetime
    updated_at: datetime


class Lookup(Body):
    """Codes and ids to look up; unknown ones are left out of the answer."""

    codes: Annotated[list[Code], Field(max_length=5000)] = Field(default=[])
    ids: Annotated[list[UUID], Field(max_length=5000)] = Field(default=[])


class LookupAnswer(View):
    """The suppliers found, in the shape in which the feed gives them."""

    items: list[dict[str, Any]]


class Merge(Body):
    """Into which supplier this one goes."""

    into: UUID


class SupplierRow(BaseModel):
    """A line of a `suppliers` file."""

    code: Code
    name: Text
    country: Country | None = None
    status: Status = "active"
    aliases: Bars = Field(default=[])
    supply_tier: SupplyTier | None = None
    kind: Kind = "general"
    commodities: Bars = Field(default=[])
    parent_code: Code | None = None
    annual_spend: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)] | None = None
    currency: Currency | None = None
    email: Email | None = None
    erp_system: Text | None = None
    erp_id: Text | None = None
    duns: Text | None = None
    lei: Text | None = None

    @model_validator(mode="after")
    def _spend_has_a_currency(self) -> Self:
        if self.annual_spend is not None and self.currency is None:
            raise ValueError("annual_spend needs a currency")
        return self

    @field_validator("duns", "lei")
    @classmethod
    def _check_digits(cls, value: str | None, info: Any) -> str | None:
        if value is None:
            return None
        normal = identifiers.normalise(info.field_name, value)
        complaint = identifiers.complaint(info.field_name, normal)
        if complaint is not None:
            raise ValueError(complaint)
        return normal
