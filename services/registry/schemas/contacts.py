"""Contacts as the API takes and gives them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.registry.schemas.fields import Body, Email, Text, View


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
