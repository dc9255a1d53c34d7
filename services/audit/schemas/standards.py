"""Standards and provisions, as the API takes and gives them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.audit.schemas.fields import Body, Code, Text, View


class NewProvision(Body):
    """A provision of a further standard."""

    code: Code = Field(examples=["1.1"])
    title: Text = Field(examples=["Child labour"])
    section: Code = Field(description="The code of its section", examples=["1"])


class NewStandard(Body):
    """A further edition of a standard; once added it never changes."""

    standard: Code = Field(examples=["SA8000"])
    version: Code = Field(examples=["2014"])
    title: Text = Field(examples=["Social Accountability 8000:2014"])
    sections: Annotated[dict[Code, Text], Field(min_length=1, max_length=200)] = Field(examples=[{"1": "Child Labour"}])
    provisions: Annotated[list[NewProvision], Field(min_length=1, max_length=2000)]


class StandardView(View):
    """An edition of a standard; its provisions are at `/v1/provisions`."""

    id: UUID
    standard: str = Field(examples=["RBA"])
    version: str = Field(examples=["8.0"])
    title: str
    sections: dict[str, str] = Field(description="Section -> title", examples=[{"A": "Labor"}])
    created_at: datetime


class ProvisionView(View):
    """A provision of a version of a standard."""

    standard: str = Field(examples=["RBA"])
    version: str = Field(examples=["8.0"])
    code: str = Field(examples=["A3"])
    title: str = Field(examples=["Working Hours"])
    section: str = Field(examples=["A"])
    section_title: str = Field(examples=["Labor"])
