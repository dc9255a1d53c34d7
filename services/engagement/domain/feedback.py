"""What may be asked about an event, what is an answer to it, and what answers add up to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from services.engagement.domain import figures
from services.engagement.domain.figures import Satisfaction

QuestionKind = Literal["rating", "choice", "text"]
Asked = Mapping[str, Any]
"""A question as it is kept: code, kind, text, options, aspect."""

RATINGS: Final = range(1, 6)
FEWEST_OPTIONS: Final = 2
LONGEST_TEXT: Final = 4000
MOST_TEXTS: Final = 1000
"""So many free texts are shown of a question."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How often each rating from 1 to 5 was given, and the satisfaction that this shows."""

    counts: Mapping[int, int]
    satisfaction: Satisfaction


@dataclass(frozen=True, slots=True)
class Tally:
    """What was answered to a question; of spread, options and texts only what its kind has."""

    question: Asked
    n: int
    spread: Spread | None = None
    chosen: Mapping[str, int] | None = None
    texts: list[str] | None = None


def structure(questions: Iterable[Asked]) -> dict[str, Any]:
    """What answers depend on: everything but wording and order."""
    return {
        question["code"]: (question["kind"], {option["code"] for option in question["options"]}, question["aspect"])
        for question in questions
    }


def read_answers(
    questions: Sequence[Asked], given: Mapping[str, Any]
) -> tuple[dict[str, int | str], list[tuple[str, str]]]:
    """The answers as they are kept, without those left empty; and what is wrong with them, by question."""
    asked = {question["code"]: question for question in questions}
    kept: dict[str, int | str] = {}
    complaints: list[tuple[str, str]] = []
    for code, value in given.items():
        answer = value.strip() if isinstance(value, str) else value
        if code not in asked:
            complaints.append((code, "is no question about this event"))
        elif answer is not None and answer != "":
            complaint = _complaint(asked[code], answer)
            if complaint:
                complaints.append((code, complaint))
            else:
                kept[code] = answer
    return kept, complaints


def spread_of(counts: Mapping[int, int]) -> Spread:
    """The spread of ratings that were given so often; ValueError where one is no rating."""
    if any(rating not in RATINGS for rating in counts):
        raise ValueError(f"not all are ratings: {sorted(counts)}")
    filled = {rating: counts.get(rating, 0) for rating in RATINGS}
    satisfied = sum(n for rating, n in filled.items() if rating >= figures.SATISFIED_FROM)
    return Spread(filled, figures.satisfaction(satisfied, sum(filled.values())))


def tally(questions: Iterable[Asked], given: Sequence[Mapping[str, Any]]) -> list[Tally]:
    """What was answered to each question.

    An emptied text counts as an answer without being shown. An answer that the question no longer allows counts in
    none: what was asked may have changed while only withdrawn attendances had answered.
    """
    return [
        _count(question, [answers[question["code"]] for answers in given if question["code"] in answers])
        for question in questions
    ]


def _count(question: Asked, answers: Sequence[Any]) -> Tally:
    if question["kind"] == "text":
        texts = sorted(answer for answer in answers if answer)[:MOST_TEXTS]
        return Tally(question, len(answers), texts=texts)
    counts = Counter(answer for answer in answers if _complaint(question, answer) is None)
    if question["kind"] == "rating":
        return Tally(question, counts.total(), spread=spread_of(counts))
    chosen = {option["code"]: counts[option["code"]] for option in question["options"]}
    return Tally(question, counts.total(), chosen=chosen)


def _complaint(question: Asked, answer: Any) -> str | None:
    """What is wrong with an answer to this question."""
    if question["kind"] == "rating":
        is_whole = isinstance(answer, int) and not isinstance(answer, bool)
        return None if is_whole and answer in RATINGS else "must be a whole number from 1 to 5"
    if question["kind"] == "choice":
        codes = [option["code"] for option in question["options"]]
        return None if isinstance(answer, str) and answer in codes else f"must be one of {', '.join(codes)}"
    if not isinstance(answer, str):
        return "must be a text"
    if "\0" in answer:
        return "holds a NUL character"
    return None if len(answer) <= LONGEST_TEXT else f"is longer than {LONGEST_TEXT} characters"
