"""Questionnaires, as the API takes and gives them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.audit.domain.questionnaires import ENGLISH, GoodAnswer, Kind
from services.audit.schemas.fields import Body, Category, Code, LongText, Patch, Text, View
from shared.matching import Matching

MOST_QUESTIONS = 1000


def with_english(texts: dict[str, str]) -> dict[str, str]:
    """The texts, if English is among them."""
    if ENGLISH not in texts:
        raise ValueError("an English text (en) is needed")
    return texts


def not_too_many(sections: list["SectionBody"]) -> list["SectionBody"]:
    """The sections, if all their questions together can be handled."""
    if sum(len(section.questions) for section in sections) > MOST_QUESTIONS:
        raise ValueError(f"more than {MOST_QUESTIONS} questions")
    return sections


Language = Annotated[str, Matching(r"^[a-z]{2}(-[A-Za-z]{2,4})?$", "must be a language, as in en, zh-TW or zh-Hant")]
Name = Annotated[
    str,
    Matching(
        r"^[a-z][a-z0-9_]{0,63}$",
        "must be small letters, digits and underscores, and begin with a letter, as in written_policy",
    ),
    Field(examples=["written_policy"]),
]
Points = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Title = Annotated[
    dict[Language, Text],
    Field(max_length=10, examples=[{"en": "Labour", "zh": "勞工"}]),
    AfterValidator(with_english),
]
Wording = Annotated[
    dict[Language, LongText],
    Field(max_length=10, examples=[{"en": "Is there a written policy?", "zh": "是否有書面政策?"}]),
    AfterValidator(with_english),
]


class OptionBody(Body):
    """One of the answers to choose from."""

    code: Name
    label: Title
    points: Points


class BandBody(Body):
    """What a number is worth from `at_least` on; below the first band it is worth 0."""

    at_least: Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
    points: Points


class QuestionBody(Body):
    """One question."""

    code: Name
    text: Wording
    help: Wording | None = None
    kind: Kind = Field(description="`multiple`: the points of all chosen options, 1 at most; text and file: answered")
    weight: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] = Field(
        description="Within its category", examples=[2]
    )
    may_be_not_applicable: bool = False
    good_answer: GoodAnswer = Field(default="yes", description="Of a yes_no question")
    options: Annotated[list[OptionBody], Field(max_length=100)] = Field(default=[])
    unit: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)] | None = Field(
        default=None, description="Of a number", examples=["MWh"]
    )
    bands: Annotated[list[BandBody], Field(max_length=50)] = Field(
        default=[], description="Of a number; without bands any number counts full"
    )


class SectionBody(Body):
    """Questions on one risk category."""

    code: Name | None = None
    category: Category
    title: Title
    questions: Annotated[list[QuestionBody], Field(max_length=MOST_QUESTIONS)]


Sections = Annotated[list[SectionBody], Field(max_length=100), AfterValidator(not_too_many)]


class NewQuestionnaire(Body):
    """A draft: the next edition of its name."""

    name: Code = Field(examples=["annual-survey"])
    title: Title
    sections: Sections = Field(default=[])


class QuestionnairePatch(Patch):
    """What can change of a draft; sections are replaced as a whole."""

    title: Title | None = None
    sections: Sections | None = None

    @classmethod
    def never_null(cls) -> tuple[str, ...]:
        return ("title", "sections")


class QuestionnaireSummary(View):
    """A questionnaire in a list."""

    id: UUID
    version: int
    name: str
    edition: int
    status: Literal["draft", "published"] = Field(description="A published one never changes")
    title: dict[str, str]
    created_by: str
    created_at: datetime
    updated_at: datetime
    published_by: str | None
    published_at: datetime | None


class QuestionnaireView(QuestionnaireSummary):
    """A questionnaire with all that it asks."""

    sections: list[SectionBody]
