"""Rules by which those to be invited or written to are found."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from services.engagement.schemas.fields import Body, Code, Day, Text
from shared.matching import Matching

RiskTier = Literal["high", "medium", "low"]
SupplierKind = Literal["general", "key", "oem"]
Country = Annotated[str, Matching(r"^[A-Z]{2}$", "must be two capital letters, as in TW"), Field(examples=["TW"])]
SupplyTier = Annotated[int, Field(ge=1, le=9)]

MOST_SUPPLIERS = 10_000
MOST_PARTS = 20
DEEPEST = 3


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    return text


Provision = Annotated[Code, AfterValidator(_plain)]


class FindingsRule(Body):
    """Suppliers with such findings; withdrawn ones do not count."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    standard: Provision = "RBA"
    provisions: list[Provision] = Field(default=[], max_length=500, description="Any of these; all where none is named")
    code_version: Provision | None = Field(default=None, description="Only those under this version", examples=["8.0"])
    first: Day | None = Field(default=None, alias="from", description="Discovered on this day or later")
    last: Day | None = Field(default=None, alias="to", description="Discovered on this day or earlier")
    only_open: bool = Field(default=True, description="Those not closed yet; false counts the closed ones too")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("`from` must not come after `to`")
        return self


class AudienceRule(Body):
    """Who is meant: within a field any of its values suits, and every field that is given has to suit.

    `any_of` takes in whoever suits one of its rules; what stands beside it narrows that down.
    """

    everybody: bool = Field(default=False, description="All contacts of active suppliers; an empty rule means nobody")
    supplier_ids: list[UUID] = Field(default=[], max_length=MOST_SUPPLIERS, description="One list with supplier_codes")
    supplier_codes: list[Provision] = Field(default=[], max_length=MOST_SUPPLIERS)
    kinds: list[SupplierKind] = Field(default=[], max_length=3)
    supply_tiers: list[SupplyTier] = Field(default=[], max_length=9)
    countries: list[Country] = Field(default=[], max_length=250)
    risk_tiers: list[RiskTier] = Field(default=[], max_length=3, description="As the scoring service has them now")
    findings: FindingsRule | None = None
    invited_to: UUID | None = Field(default=None, description="People who are invited to this event")
    absent_from: UUID | None = Field(default=None, description="People who were invited to this event and not there")
    roles: list[Annotated[Text, AfterValidator(_plain)]] = Field(
        default=[], max_length=20, description="Only contacts with one of these roles", examples=[["sustainability"]]
    )
    any_of: list["AudienceRule"] = Field(default=[], max_length=MOST_PARTS)

    @model_validator(mode="after")
    def _means_somebody(self) -> Self:
        given = {name for name in type(self).model_fields if getattr(self, name) not in ([], None, False)}
        if not given:
            raise ValueError("is empty, and so means nobody; say `everybody: true` if all are meant")
        if "everybody" in given and given - {"everybody", "roles"}:
            raise ValueError("says everybody, and narrows it down all the same; leave `everybody` out")
        if self.depth > DEEPEST:
            raise ValueError(f"has rules in rules in rules; {DEEPEST} levels are the most")
        return self

    @property
    def depth(self) -> int:
        """How many rules stand in each other; 1 without `any_of`."""
        return 1 + max((part.depth for part in self.any_of), default=0)

    def parts(self) -> list["AudienceRule"]:
        """This rule and all the rules in it."""
        return [self, *(inner for part in self.any_of for inner in part.parts())]
