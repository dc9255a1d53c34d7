"""Questions about an event, the answers of those who attended, and what they add up to."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from services.engagement.domain.feedback import FEWEST_OPTIONS, QuestionKind
from services.engagement.schemas.fields import Body, Code, Language, PersonRef, Rating, Text, View
from services.engagement.schemas.suppliers import MayNameSupplier
from shared.matching import Matching

MOST_QUESTIONS = 50
MOST_OPTIONS = 50

QuestionCode = Annotated[
    str,
    Matching(
        r"^[a-z][a-z0-9_]{0,63}$",
        "must be small letters, digits and underscores, and begin with a letter, as in content",
    ),
    Field(examples=["content"]),
]
Wording = Annotated[
    dict[Language, Text],
    Field(min_length=1, max_length=20, examples=[{"en": "How useful was it?", "zh-TW": "內容是否實用?"}]),
]
SatisfactionInterval = tuple[float, float] | None


class Option(Body):
    """One of the answers to choose from."""

    code: QuestionCode
    label: Wording


class Question(Body):
    """A question about an event."""

    code: QuestionCode
    kind: QuestionKind = Field(description="`rating`: 1 to 5; `choice`: one of the options; `text`: free")
    text: Wording = Field(description="By language")
    options: list[Option] = Field(default_factory=list, max_length=MOST_OPTIONS, description="Of a choice")
    aspect: Code | None = Field(
        default=None, description="What a rating is about, the same over events", examples=["content", "organisation"]
    )

    @model_validator(mode="after")
    def _options_belong_to_a_choice(self) -> Self:
        if self.kind == "choice" and len(self.options) < FEWEST_OPTIONS:
            raise ValueError(f"a choice needs at least {FEWEST_OPTIONS} options")
        if self.kind != "choice" and self.options:
            raise ValueError("only a choice has options")
        if len({option.code for option in self.options}) < len(self.options):
            raise ValueError("two options have the same code")
        return self


class FeedbackQuestions(Body):
    """All questions about an event, in the order in which they are asked."""

    questions: list[Question] = Field(max_length=MOST_QUESTIONS)

    @model_validator(mode="after")
    def _each_has_a_code_of_its_own(self) -> Self:
        codes = [question.code for question in self.questions]
        if len(set(codes)) < len(codes):
            raise ValueError("two questions have the same code")
        return self


class NewFeedback(Body):
    """What somebody who attended says of an event; what is left out stays as it was, answers as a whole."""

    rating: Rating | None = Field(default=None, description="Of the event as a whole; null takes it back")
    answers: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=MOST_QUESTIONS,
        description="By question: 1 to 5, an option's code, or a text",
        examples=[{"content": 5, "next_topic": "wages", "remarks": "More cases, please"}],
    )

    @model_validator(mode="after")
    def _something_is_said(self) -> Self:
        if not self.model_fields_set & {"rating", "answers"}:
            raise ValueError("give a rating or answers")
        return self


class GivenFeedback(NewFeedback, MayNameSupplier):
    """Feedback, and whose: by the attendance's id, or by supplier and person_ref."""

    attendance_id: UUID | None = None
    person_ref: PersonRef | None = None

    @model_validator(mode="after")
    def _belongs_to_one_attendance(self) -> Self:
        names_person = self.person_ref is not None
        names_supplier = self.supplier_id is not None or self.supplier_code is not None
        if (self.attendance_id is not None) == (names_person or names_supplier) or names_person != names_supplier:
            raise ValueError("name the attendance by attendance_id, or by its supplier and person_ref")
        return self


class FeedbackView(View):
    """The feedback of one attendance."""

    id: UUID
    version: int
    event_id: UUID
    attendance_id: UUID
    rating: int | None = Field(description="Of the event as a whole; it stands with the attendance")
    answers: dict[str, JsonValue]
    given_at: datetime


class Ratings(View):
    """How ratings from 1 to 5 are spread; 4 and 5 count as satisfied."""

    distribution: dict[Literal["1", "2", "3", "4", "5"], int]
    satisfaction_n: int
    satisfaction_percent: float | None = Field(description="Share of ratings 4 and 5; null without ratings")
    satisfaction_interval: SatisfactionInterval = Field(
        description="Wilson 95 % interval of the share, in percent; null without ratings"
    )


class Chosen(View):
    """How often an option was chosen."""

    code: str
    label: dict[str, str]
    n: int
    percent: float | None = Field(description="Of those who answered; null where nobody has")


class QuestionSummary(View):
    """What was answered to a question."""

    code: str
    kind: QuestionKind
    text: dict[str, str]
    aspect: str | None
    n: int = Field(description="How many answered it")
    ratings: Ratings | None = Field(description="Of a rating")
    choices: list[Chosen] | None = Field(description="Of a choice, in the order of its options")
    texts: list[str] | None = Field(description="Of a text, in alphabetical order; not who wrote them")


class EventFeedbackSummary(View):
    """What those who attended said of an event."""

    event_id: UUID
    attendances: int = Field(description="Of one person each: those who can be asked")
    counted_only: int = Field(description="Persons in attendances of several, who cannot be asked")
    answered: int = Field(description="Of those who can be asked: rated the event, or answered a question")
    response_percent: float | None = Field(description="Null where nobody can be asked")
    overall: Ratings = Field(description="Ratings of the event as a whole, as the summary counts them")
    questions: list[QuestionSummary]


class AspectSummary(Ratings):
    """How an aspect was rated over events."""

    aspect: str
    events: int = Field(description="Events at which it was rated")


class FeedbackSummary(View):
    """How the events of a period were rated, by aspect, most ratings first."""

    items: list[AspectSummary]
