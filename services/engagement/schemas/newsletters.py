"""Newsletters (eNews): issues with articles in several languages."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.engagement.schemas.audiences import AudienceRule
from services.engagement.schemas.fields import Body, Code, Language, Text, View
from shared.matching import Matching

Status = Literal["draft", "sending", "sent", "withdrawn"]
Format = Literal["html", "text"]

# No control characters but tabs and line breaks, and none of the noncharacters that stand for placeholders.
PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0\ufdd1]*$"
ONE_LINE = r"^[^\x00-\x1f\x7f\u2028\u2029\ufdd0\ufdd1]*$"
OneLine = Matching(ONE_LINE, "must be one line without control characters")

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), OneLine]
Markdown = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20_000),
    Matching(PLAIN, "must not hold control characters other than tabs and line breaks"),
    Field(description="CommonMark; no HTML. Placeholders such as {{ person.name }} are filled in for each reader"),
]
Reference = Annotated[Code, OneLine]


class ArticleText(Body):
    """An article in one language."""

    title: Line
    body: Markdown


class Article(Body):
    """An article; in languages that it lacks, the default language's text stands in."""

    code: Reference
    texts: dict[Language, ArticleText] = Field(min_length=1, max_length=20)


Subjects = Annotated[dict[Language, Line], Field(min_length=1, max_length=20)]
Articles = Annotated[list[Article], Field(min_length=1, max_length=20)]


class NewNewsletter(Body):
    """An issue to draft."""

    newsletter_ref: Reference | None = Field(default=None, description="Its natural key; made where none is given")
    default_language: Language = "en"
    subjects: Subjects
    articles: Articles
    audience: AudienceRule
    event_id: UUID | None = Field(default=None, description="The event that it tells of, for {{ event.title }}")


class NewsletterPatch(Body):
    """The fields to change; those left out stay."""

    default_language: Language | None = None
    subjects: Subjects | None = None
    articles: Articles | None = None
    audience: AudienceRule | None = None
    event_id: UUID | None = None

    @model_validator(mode="after")
    def _no_nulls_where_a_value_is_needed(self) -> Self:
        for name in ("default_language", "subjects", "articles", "audience"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class NewsletterWithdrawal(Body):
    """Why an issue is not to be sent, or no further."""

    reason: Text


class LinkView(View):
    """An address in an issue."""

    url: str
    clicks: int = Field(description="How often it was followed; by whom is not known")


class NewsletterView(View):
    """An issue of the eNews."""

    id: UUID
    version: int
    newsletter_ref: str = Field(examples=["ENEWS-2026-04"])
    event_id: UUID | None
    default_language: str
    subjects: dict[str, str]
    articles: list[dict[str, Any]]
    audience: dict[str, Any]
    status: Status
    reason: str | None
    created_at: datetime
    sending_at: datetime | None = Field(description="When it was ordered to be sent")
    sent_at: datetime | None = Field(description="When nothing was left to be sent")
    deliveries: dict[str, int] = Field(description="How many mails are in each state", examples=[{"sent": 340}])
    links: list[LinkView] = Field(description="The addresses in its articles, once it is being sent")


class RenderedView(View):
    """An issue as readers of a language get it; names stand for whoever reads it."""

    language: str
    subject: str
    text: str
    html: str


class PreviewView(View):
    """What sending an issue now would come to."""

    recipients: int
    by_language: dict[str, int] = Field(description="Recipients by the language in which they are written to")
    by_reason: dict[str, int] = Field(description="Recipients by the part of the rule that found them")
    left_out: dict[str, int] = Field(description="Who is meant and is not written to, by why")
    rendered: list[RenderedView]


class NewRecap(Body):
    """In which languages an event is told of to those who were absent; the first is the default."""

    languages: list[Literal["en", "zh-Hans", "zh-Hant"]] = Field(
        default=["en", "zh-Hans", "zh-Hant"], min_length=1, max_length=3
    )


class NewGroupPost(Body):
    """The group in which something is posted, and in which language."""

    group_id: UUID
    language: Language = "en"
