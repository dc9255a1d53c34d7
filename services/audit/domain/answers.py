"""Answers to a questionnaire: what is wrong with them, and what is missing."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.audit.domain.questionnaires import Question, Questionnaire

Answer = Mapping[str, Any]
"""`{"value": ...}` or `{"not_applicable": true}`, each with or without a `comment`."""

Answers = Mapping[str, Any]
"""Question's code -> its answer."""

FIELDS = ("value", "not_applicable", "comment")
LONGEST_TEXT = 5000
LONGEST_COMMENT = 2000
LARGEST_NUMBER = 1e15


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the answer to the question `code`; `pointer` is a JSON Pointer into `{"answers": ...}`."""

    code: str
    pointer: str
    message: str


def complaints(
    questionnaire: Questionnaire, answers: Answers, files: Collection[UUID] | None = None
) -> list[Complaint]:
    """All that is wrong; a missing answer is not. `files` are those uploaded for it; None leaves that unchecked."""
    questions = questionnaire.by_code()
    found: list[Complaint] = []
    for code, answer in answers.items():
        pointer = "#/answers/" + code.replace("~", "~0").replace("/", "~1")
        question = questions.get(code)
        if question is None:
            found.append(Complaint(code, pointer, "the questionnaire has no question with this code"))
        elif not isinstance(answer, Mapping):
            found.append(Complaint(code, pointer, "an answer is an object with a value, or with not_applicable"))
        else:
            found += [
                Complaint(code, f"{pointer}/{field}" if field else pointer, message)
                for field, message in _faults(question, answer, files)
            ]
    return found


def missing(questionnaire: Questionnaire, answers: Answers) -> list[str]:
    """The codes of the questions without an answer, in order."""
    return [question.code for question in questionnaire.questions if not is_answered(answers.get(question.code))]


def fingerprint(answers: Answers) -> str:
    """The same for equal answers, and for no others: what a change is based on that was begun outside of here.

    The response's version would change for other reasons too (a moved due date), and nobody answers anew for those.
    """
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()


def is_answered(answer: Answer | None) -> bool:
    """Whether there is a value, or "not applicable"; a comment alone is no answer."""
    return answer is not None and (is_not_applicable(answer) or answer.get("value") is not None)


def is_not_applicable(answer: Answer | None) -> bool:
    """Whether the question is said not to apply."""
    return answer is not None and answer.get("not_applicable") is True


def is_plain_text(text: str) -> bool:
    """Whether it can be stored: no NUL, and no half of a character."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _faults(question: Question, answer: Answer, files: Collection[UUID] | None) -> Iterator[tuple[str, str]]:
    unknown = sorted(str(name) for name in answer.keys() - set(FIELDS))
    if unknown:
        yield "", f"unknown: {', '.join(unknown)}; an answer has {', '.join(FIELDS)}"
    comment = answer.get("comment")
    if comment is not None:
        fault = _text_fault(comment, LONGEST_COMMENT)
        if fault:
            yield "comment", fault
    applies = answer.get("not_applicable")
    if applies is not None and not isinstance(applies, bool):
        yield "not_applicable", "must be true or false"
    elif applies:
        yield from _not_applicable_faults(question, answer)
        return
    value = answer.get("value")
    if value is not None:
        fault = _value_fault(question, value, files)
        if fault:
            yield "value", fault


def _not_applicable_faults(question: Question, answer: Answer) -> Iterator[tuple[str, str]]:
    if not question.may_be_not_applicable:
        yield "not_applicable", "this question applies to every supplier"
    if answer.get("value") is not None:
        yield "value", "there is an answer and 'not applicable': only one of them can stand"
    if answer.get("comment") is None:
        yield "comment", "say why it is not applicable"


def _value_fault(question: Question, value: Any, files: Collection[UUID] | None) -> str | None:
    match question.kind:
        case "yes_no":
            return None if isinstance(value, bool) else "must be true (yes) or false (no)"
        case "choice":
            return None if value in _codes(question) else f"must be one of {_named(question)}"
        case "multiple":
            return _choices_fault(question, value)
        case "number":
            return _number_fault(value)
        case "text":
            return _text_fault(value, LONGEST_TEXT)
        case "file":
            return _file_fault(value, files)


def _choices_fault(question: Question, value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return f"must be a list of {_named(question)}"
    if len(set(value)) < len(value):
        return "names an option twice"
    if any(each not in _codes(question) for each in value):
        return f"may only name {_named(question)}"
    return None if value else "names no option; leave the question out instead"


def _number_fault(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    # Not a number is in no range either; and an integer may be too large for a float.
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        return f"must lie between -{LARGEST_NUMBER:g} and {LARGEST_NUMBER:g}"
    return None


def _text_fault(value: Any, longest: int) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    if not is_plain_text(value):
        return "has a character that is none"
    if len(value) > longest:
        return f"is longer than {longest} characters"
    return None if value.strip() else "is empty; leave it out instead"


def _file_fault(value: Any, files: Collection[UUID] | None) -> str | None:
    if not isinstance(value, Mapping) or value.keys() != {"file_id"}:
        return 'must be {"file_id": the id of an uploaded file}'
    try:
        file_id = UUID(value["file_id"])
    except (ValueError, TypeError, AttributeError):
        return "the file_id is no id"
    return "there is no such file among those uploaded here" if files is not None and file_id not in files else None


def _codes(question: Question) -> list[str]:
    return [option.code for option in question.options]


def _named(question: Question) -> str:
    return ", ".join(_codes(question))
