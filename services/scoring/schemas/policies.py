"""What the API takes and gives of policies."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.scoring.schemas.performance import Body, View
from shared.days import Day

PolicyStatus = Literal["draft", "published", "withdrawn"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]
Document = Annotated[
    dict[str, Any],
    Field(
        description="The rules, as `document` of any policy shows them; what is left out is as in policy `default`."
        " `version` is given by the service, whatever stands here",
        examples=[{"points": {"priority": 40, "major": 15, "minor": 3}}],
    ),
]


class PolicyBody(Body):
    """The whole of a policy, as somebody writes it."""

    name: Name | None = Field(default=None, description="Instead of the document's own")
    note: Words | None = Field(default=None, description="Why it is as it is")
    document: Document


class NewPolicy(PolicyBody):
    """A draft."""

    based_on: Version | None = Field(
        default=None,
        description="Begin with the document of this version: fields of `document` replace its own, objects field by"
        " field, lists as a whole",
    )
    document: Document = Field(default={})


class Publication(Body):
    """From when on a policy is to be in force."""

    valid_from: Day = Field(description="Its first day (UTC): today or later")


class Restoring(Body):
    """Why an earlier policy is brought back."""

    note: Words | None = None


class PolicyWithdrawal(Body):
    """Why a policy is not to be."""

    reason: Words


class CategoryView(View):
    """A risk category and its part in the base."""

    code: str = Field(examples=["labor_employment"])
    weight: float


class ProvisionCategory(View):
    """Where findings on a provision count."""

    standard: str = Field(examples=["RBA"])
    version: str = Field(examples=["8.0"])
    provision: str = Field(description="`*`: all of this version that are not named", examples=["A3"])
    category: str


class Remark(View):
    """Something about a field."""

    pointer: str = Field(description="JSON Pointer into the request", examples=["#/document/points/minor"])
    detail: str


class PolicyCheck(View):
    """Whether a document can be a policy."""

    usable: bool
    errors: list[Remark] = Field(description="All that is to be mended")
    warnings: list[Remark] = Field(description="What is odd, and may be meant")
    document: dict[str, Any] | None = Field(description="The whole of it, with all that was left out; null if unusable")


class PolicyView(View):
    """A version of the rules."""

    version: int
    id: UUID = Field(description="Names it in the feed and in the audit log")
    edition: int = Field(description="Grows with each change; the ETag")
    name: str
    note: str | None
    status: PolicyStatus = Field(description="A published one never changes")
    valid_from: date | None = Field(description="The first day on which it is in force; null for a draft")
    restores: int | None = Field(description="The version whose document a roll-back brought back")
    categories: list[CategoryView]
    provision_categories: list[ProvisionCategory]
    section_categories: dict[str, str] = Field(
        description="Section letter -> category, for provisions that are not named; `*` for all other letters"
    )
    document: dict[str, Any] = Field(description="The whole of it")
    warnings: list[Remark] = Field(description="What is odd about it, and may be meant")
    created_by: str
    created_at: datetime
    published_by: str | None
    published_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
