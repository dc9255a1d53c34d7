"""Sites as the API takes and gives them, and as files bring them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.registry.schemas.fields import Body, Code, Country, Text, View


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


class SiteRow(SiteFields):
    """A line of a `sites` file."""

    supplier_code: Code
    site_code: Code
