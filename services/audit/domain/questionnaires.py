"""What a survey asks: questions by risk category, and what a questionnaire must have before it is published."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["yes_no", "choice", "multiple", "number", "text", "file"]
GoodAnswer = Literal["yes", "no"]
Texts = Mapping[str, str]
"""Language -> text; English is always there."""

ENGLISH = "en"
FEWEST_OPTIONS = 2


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers to choose from; `points` 0..1."""

    code: str
    label: Texts
    points: float


@dataclass(frozen=True, slots=True)
class Band:
    """What a number from `at_least` on is worth, up to the next band; `points` 0..1."""

    at_least: float
    points: float


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `weight` >= 0 within its category."""

    code: str
    text: Texts
    help: Texts
    kind: Kind
    weight: float
    may_be_not_applicable: bool
    good_answer: GoodAnswer
    options: tuple[Option, ...]
    unit: str | None
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Questions on one risk category; several sections can share a category."""

    category: str
    title: Texts
    questions: tuple[Question, ...]
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """All that is asked, in order."""

    title: Texts
    sections: tuple[Section, ...]
    name: str = ""
    edition: int = 0

    @property
    def questions(self) -> Iterator[Question]:
        """All questions, in order."""
        return (question for section in self.sections for question in section.questions)

    def by_code(self) -> dict[str, Question]:
        """Code -> question."""
        return {question.code: question for question in self.questions}

    def categories(self) -> dict[str, list[Question]]:
        """Risk category -> its questions, both in order of appearance."""
        found: dict[str, list[Question]] = {}
        for section in self.sections:
            found.setdefault(section.category, []).extend(section.questions)
        return found


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a questionnaire cannot be published; `pointer` is a JSON Pointer into it."""

    pointer: str
    message: str


def parse(
    title: Mapping[str, str], sections: Sequence[Mapping[str, Any]], *, name: str = "", edition: int = 0
) -> Questionnaire:
    """The questionnaire that is stored in this form; the form is checked where it comes in."""
    return Questionnaire(dict(title), tuple(_section(section) for section in sections), name, edition)


def flaws(questionnaire: Questionnaire) -> list[Flaw]:
    """All that stands against publishing it."""
    if not questionnaire.sections:
        return [Flaw("#/sections", "there is nothing in it")]
    found: list[Flaw] = []
    seen = Counter(question.code for question in questionnaire.questions)
    for s, section in enumerate(questionnaire.sections):
        where = f"#/sections/{s}"
        if not section.questions:
            found.append(Flaw(f"{where}/questions", "the section asks nothing"))
        for q, question in enumerate(section.questions):
            if seen[question.code] > 1:
                found.append(Flaw(f"{where}/questions/{q}/code", f"{question.code} is the code of several questions"))
            found += _question_flaws(question, f"{where}/questions/{q}")
    first = {section.category: s for s, section in reversed(list(enumerate(questionnaire.sections)))}
    for category, questions in questionnaire.categories().items():
        if not any(question.weight > 0 and not question.may_be_not_applicable for question in questions):
            found.append(
                Flaw(
                    f"#/sections/{first[category]}/category",
                    f"{category} needs a question with a weight above 0 that may not be answered 'not applicable': "
                    "else a supplier could make the whole category vanish from its score",
                )
            )
    return found


def _question_flaws(question: Question, where: str) -> Iterator[Flaw]:
    if question.kind in ("choice", "multiple"):
        yield from _option_flaws(question.options, f"{where}/options")
    elif question.options:
        yield Flaw(f"{where}/options", f"a question of the kind {question.kind} has no options")
    if question.kind == "number" and not question.unit:
        yield Flaw(f"{where}/unit", "a number needs its unit")
    if question.kind != "number" and question.bands:
        yield Flaw(f"{where}/bands", f"a question of the kind {question.kind} has no bands")
    for n in range(1, len(question.bands)):
        if question.bands[n].at_least <= question.bands[n - 1].at_least:
            yield Flaw(f"{where}/bands/{n}/at_least", "bands must ascend: this begins no higher than the one before")


def _option_flaws(options: Sequence[Option], where: str) -> Iterator[Flaw]:
    if len(options) < FEWEST_OPTIONS:
        yield Flaw(where, f"a question to choose from needs at least {FEWEST_OPTIONS} options")
    codes = Counter(option.code for option in options)
    # In a sheet people choose by what they read.
    labels = Counter((language, text.casefold()) for option in options for language, text in option.label.items())
    for n, option in enumerate(options):
        if codes[option.code] > 1:
            yield Flaw(f"{where}/{n}/code", f"{option.code} is the code of several options")
        for language, text in option.label.items():
            if labels[language, text.casefold()] > 1:
                yield Flaw(f"{where}/{n}/label/{language}", "several options read like this")


def _section(stored: Mapping[str, Any]) -> Section:
    questions = tuple(_question(question) for question in stored["questions"])
    return Section(stored["category"], stored.get("title") or {}, questions, stored.get("code"))


def _question(stored: Mapping[str, Any]) -> Question:
    return Question(
        code=stored["code"],
        text=stored["text"],
        help=stored.get("help") or {},
        kind=stored["kind"],
        weight=float(stored["weight"]),
        may_be_not_applicable=bool(stored.get("may_be_not_applicable")),
        good_answer=stored.get("good_answer") or "yes",
        options=tuple(
            Option(option["code"], option["label"], float(option["points"])) for option in stored.get("options") or ()
        ),
        unit=stored.get("unit"),
        bands=tuple(Band(float(band["at_least"]), float(band["points"])) for band in stored.get("bands") or ()),
    )
