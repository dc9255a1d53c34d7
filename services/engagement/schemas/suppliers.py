"""How requests name suppliers, and what the registry tells of them."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, model_validator

from services.engagement.schemas.fields import Body, Code


class MayNameSupplier(Body):
    """A request that may concern a supplier."""

    supplier_id: UUID | None = None
    supplier_code: Code | None = None

    @model_validator(mode="after")
    def _not_twice(self) -> Self:
        if self.supplier_id is not None and self.supplier_code is not None:
            raise ValueError("name the supplier by supplier_id or by supplier_code, not by both")
        return self


class NamesSupplier(MayNameSupplier):
    """A request that concerns a supplier."""

    @model_validator(mode="after")
    def _not_never(self) -> Self:
        if self.supplier_id is None and self.supplier_code is None:
            raise ValueError("name the supplier by supplier_id or by supplier_code")
        return self


class SupplierState(BaseModel):
    """A supplier as the registry's feed tells it, as far as it matters here."""

    code: str
    name: str
    country: str | None
    supply_tier: int | None
    kind: str
    status: str
    merged_into: UUID | None
    email_domain: str | None = None


class FoundSupplier(SupplierState):
    """A supplier in the answer to a look-up."""

    id: UUID


class LookupAnswer(BaseModel):
    """The registry's answer to a look-up."""

    items: list[FoundSupplier]
