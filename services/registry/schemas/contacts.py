"""Contacts as the API takes and gives them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.schemas.fields import Body, Email, Text, View
from shared.matching import Matching


class NewContact(Body):
    """A person to write to."""

    name: Text
    email: Email
    role: Text = Field(examples=["sustainability"])
    language: Annotated[
        str, Matching(r"^[a-z]{2}(-[A-Z]{2})?$", "must be a language, perhaps with a country, as in en or zh-TW")
    ] = Field(default="en", examples=["zh-TW"])


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


class ContactLookup(Body):
    """Suppliers to whom somebody wants to write."""

    supplier_ids: list[UUID] = Field(max_length=5000)
    roles: list[Text] | None = Field(default=None, max_length=20, description="Only contacts with one of these roles")


class KnownContact(View):
    """A person to write to, not erased."""

    supplier_id: UUID
    contact_id: UUID
    name: str
    email: str
    role: str
    language: str


class ContactLookupAnswer(BaseModel):
    """All contacts of the suppliers asked about; unknown suppliers are left out."""

    items: list[KnownContact]
