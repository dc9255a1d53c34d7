"""The questions about an event as a form asks them, and what a browser's answers to them mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import JsonValue

from services.engagement.domain.feedback import LONGEST_TEXT, RATINGS
from services.engagement.endpoints.pages.texts import TEXTS
from services.engagement.schemas.feedback import NewFeedback
from shared.languages import Language
from shared.web.html.posted import Fields
from shared.web.html.wording import Words, words_of

RATING = "rating"
ANSWER = "answer."

FaultKind = Literal["required", "not_understood", "too_long"]
Faults = Mapping[str, FaultKind]
"""A control's name -> what is wrong with what it holds."""


class OptionView(NamedTuple):
    """One of the answers to choose from."""

    code: str
    label: Words
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with what was answered so far."""

    number: int
    name: str
    text: Words
    options: Sequence[OptionView]
    value: str
    fault: FaultKind | None

    @property
    def id(self) -> str:
        """Of its first control, and the beginning of all its others' ids."""
        return f"q{self.number}"

    @property
    def most(self) -> int:
        """How many characters a text may have."""
        return LONGEST_TEXT


def question_views(
    questions: Sequence[Mapping[str, Any]], values: Mapping[str, str], faults: Faults, language: Language
) -> list[QuestionView]:
    """The overall rating and the event's questions; `values` and `faults` are by the name of the control."""
    overall = QuestionView(
        number=1,
        name=RATING,
        text=Words(TEXTS["rating"].in_language(language), language),
        options=_ratings(values.get(RATING, ""), language),
        value=values.get(RATING, ""),
        fault=faults.get(RATING),
    )
    return [overall, *(_view(n, question, values, faults, language) for n, question in enumerate(questions, 2))]


def held_values(rating: int | None, answers: Mapping[str, Any] | None) -> dict[str, str]:
    """What was said before, as the controls hold it."""
    held = {} if rating is None else {RATING: str(rating)}
    return held | {ANSWER + code: str(answer) for code, answer in (answers or {}).items()}


def posted_values(fields: Fields) -> dict[str, str]:
    """What the controls held when the form was sent; line ends as browsers send them are one character."""
    return {
        name: values[0].replace("\r\n", "\n").strip()
        for name, values in fields.items()
        if name == RATING or name.startswith(ANSWER)
    }


def read_feedback(
    questions: Sequence[Mapping[str, Any]], values: Mapping[str, str]
) -> tuple[NewFeedback | None, dict[str, FaultKind]]:
    """What was said, or what is wrong with it; what was not answered is nothing wrong, but all of it is."""
    faults: dict[str, FaultKind] = {}
    rating = _rating(RATING, values, faults)
    answers: dict[str, JsonValue] = {}
    for question in questions:
        name = ANSWER + question["code"]
        answer = _rating(name, values, faults) if question["kind"] == "rating" else values.get(name) or None
        if isinstance(answer, str) and question["kind"] == "text" and len(answer) > LONGEST_TEXT:
            faults[name] = "too_long"
        if question["kind"] == "choice" and answer is not None and answer not in _codes(question):
            faults[name] = "not_understood"
        if answer is not None:
            answers[question["code"]] = answer
    if not faults and rating is None and not answers:
        faults[RATING] = "required"
    return None if faults else NewFeedback(rating=rating, answers=answers), faults


def _rating(name: str, values: Mapping[str, str], faults: dict[str, FaultKind]) -> int | None:
    value = values.get(name, "")
    if not value:
        return None
    if value not in map(str, RATINGS):
        faults[name] = "not_understood"
        return None
    return int(value)


def _codes(question: Mapping[str, Any]) -> list[str]:
    return [option["code"] for option in question["options"]]


def _view(
    number: int, question: Mapping[str, Any], values: Mapping[str, str], faults: Faults, language: Language
) -> QuestionView:
    name = ANSWER + question["code"]
    value = values.get(name, "")
    options = (
        _ratings(value, language)
        if question["kind"] == "rating"
        else [
            OptionView(option["code"], words_of(option["label"], language, option["code"]), option["code"] == value)
            for option in question["options"]
        ]
    )
    text = words_of(question["text"], language) if _suits(question["text"], language) else _any(question["text"])
    return QuestionView(number, name, text, options, value, faults.get(name))


def _suits(texts: Mapping[str, str], language: Language) -> bool:
    return bool(words_of(texts, language).text)


def _any(texts: Mapping[str, str]) -> Words:
    """A question that was written in none of the languages that the reader is thought to read."""
    lang, text = next(iter(texts.items()))
    return Words(text, lang)


def _ratings(value: str, language: Language) -> list[OptionView]:
    return [
        OptionView(str(n), Words(TEXTS[f"rating_{n}"].in_language(language), language), str(n) == value)
        for n in reversed(RATINGS)
    ]
