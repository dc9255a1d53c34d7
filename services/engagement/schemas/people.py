"""People as the API shows them: by reference, without names and addresses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.engagement.schemas.fields import Body, View
from shared.matching import Matching

Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=320),
    Matching(r"^[^@\s\x00]+@[^@\s\x00]+$", "must be a mail address, as in mei.lin@supplier.example"),
]


class PersonLookup(Body):
    """Whose reference is asked for; the address is neither kept nor logged."""

    email: Address = Field(examples=["mei.lin@supplier.example"])


class NewConsent(Body):
    """What a person wants: true and false are their word, null means that they were not asked."""

    invitations: bool | None
    newsletters: bool | None
    is_reachable: bool = Field(default=False, description="Mail arrives again: forget that it once came back")


class ConsentView(View):
    """What a person wants, and since when mail comes back; version 0 where nothing is known."""

    version: int
    invitations: bool | None
    newsletters: bool | None
    unreachable_since: datetime | None


class PersonCounts(View):
    """How often a person is named, withdrawn rows counted too."""

    attendances: int
    completions: int
    invitations: int
    mails: int


class PersonAtSupplier(PersonCounts):
    """The same at one supplier."""

    supplier_id: UUID
    supplier_code: str | None


class PersonView(BaseModel):
    """What is known of a person."""

    person_ref: str
    counts: PersonCounts
    suppliers: list[PersonAtSupplier]
    consent: ConsentView
