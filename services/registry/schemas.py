"""What the registry's API takes and gives."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from services.registry.domain import identifiers
from shared.auth.principal import SCOPES

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Country = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}$"),
    Field(description="ISO 3166-1 alpha-2", examples=["TW"]),
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="ISO 4217", examples=["TWD"])]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
SupplyTier = Annotated[int, Field(ge=1, le=9, description="1 assembly, 2 components, 3 raw materials", examples=[2])]
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]
Kind = Literal["general", "key", "oem"]
Status = Literal["prospect", "active", "probation", "suspended", "inactive"]
Bars = Annotated[list[Text], BeforeValidator(lambda value: value.split("|") if isinstance(value, str) else value)]
"""A list that a cell of a file holds joined by vertical bars."""

BOUND_SCOPES = ("audit:read", "audit:submit", "engagement:read", "scoring:read")


class Body(BaseModel):
    """A request: unknown fields are an error, so that a mistyped name is not silently lost."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


class Money(Body):
    """An amount in a currency."""

    amount: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2, examples=["12500000.00"])]
    currency: Currency


class IdentifierBody(Body):
    """What another system calls the supplier."""

    scheme: Annotated[
        str,
        StringConstraints(to_lower=True, pattern=r"^[a-z0-9_]{1,32}$"),
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
    aliases: list[Text] = []
    country: Country | None = None
    supply_tier: SupplyTier | None = None
    kind: Kind = "general"
    status: Status = "active"
    parent_code: Code | None = None
    commodities: list[Code] = []
    identifiers: list[IdentifierBody] = []
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

    codes: Annotated[list[Code], Field(max_length=5000)] = []
    ids: Annotated[list[UUID], Field(max_length=5000)] = []


class LookupAnswer(View):
    """The suppliers found, in the shape in which the feed gives them."""

    items: list[dict[str, Any]]


class Merge(Body):
    """Into which supplier this one goes."""

    into: UUID


class SiteFields(Body):
    """A place where a supplier works."""

    name: Text | None = None
    address: Text
    country: Country
    first_listed: Annotated[int, Field(ge=1900, le=2200)] | None = None
    last_listed: Annotated[int, Field(ge=1900, le=2200)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class NewSite(SiteFields):
    """A site to create."""

    site_code: Code


class SiteView(View):
    """A place where a supplier works."""

    id: UUID
    version: int
    supplier_id: UUID
    site_code: str
    name: str | None
    address: str
    country: str
    first_listed: int | None
    last_listed: int | None
    latitude: float | None
    longitude: float | None


class NewCertificate(Body):
    """A certificate to record."""

    standard: Text = Field(examples=["ISO 14001"])
    number: Text | None = None
    issuer: Text | None = None
    valid_from: Day
    valid_until: Day = Field(description="The last day on which it is valid; 2199-12-31 where it has no end")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        return self


class Withdrawal(Body):
    """Why and from when something counts no longer."""

    withdrawn_on: Day = Field(description="From the certificate's first day up to today (UTC)")
    reason: Text


class CertificateView(View):
    """A management-system certificate."""

    id: UUID
    version: int
    supplier_id: UUID
    standard: str
    number: str | None
    issuer: str | None
    valid_from: date
    valid_until: date
    withdrawn_on: date | None
    reason: str | None


class NewContact(Body):
    """A person to write to."""

    name: Text
    email: Email
    role: Text = Field(examples=["sustainability"])
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = Field(
        default="en", examples=["zh-TW"]
    )


class ContactView(View):
    """A person to write to; without name and address once erased."""

    id: UUID
    version: int
    supplier_id: UUID
    name: str | None
    email: str | None
    role: str
    language: str
    erased_at: datetime | None


class NewClient(Body):
    """An API client to create."""

    name: Text
    scopes: Annotated[list[str], Field(min_length=1, examples=[["scoring:read", "feed:read"]])]
    supplier_id: UUID | None = Field(default=None, description="Binds the client to one supplier")

    @field_validator("scopes")
    @classmethod
    def _known(cls, scopes: list[str]) -> list[str]:
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown:
            raise ValueError(f"unknown scope {', '.join(unknown)}; there are {', '.join(SCOPES)}")
        return sorted(set(scopes))

    @model_validator(mode="after")
    def _bound_clients_read_their_own(self) -> Self:
        refused = sorted(set(self.scopes) - set(BOUND_SCOPES)) if self.supplier_id else []
        if refused:
            raise ValueError(
                f"a supplier-bound client cannot have {', '.join(refused)}; only {', '.join(BOUND_SCOPES)}"
            )
        return self


class ClientView(View):
    """An API client; its secret is shown once, when it is made."""

    client_id: UUID
    version: int
    name: str
    scopes: list[str]
    supplier_id: UUID | None
    revoked_at: datetime | None
    created_at: datetime


class ClientWithSecret(ClientView):
    """An API client with its new secret."""

    client_secret: str = Field(description="Shown only now")


class SupplierRow(BaseModel):
    """A line of a `suppliers` file."""

    code: Code
    name: Text
    country: Country | None = None
    status: Status = "active"
    aliases: Bars = []
    supply_tier: SupplyTier | None = None
    kind: Kind = "general"
    commodities: Bars = []
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


class SiteRow(SiteFields):
    """A line of a `sites` file."""

    supplier_code: Code
    site_code: Code
