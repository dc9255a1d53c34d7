"""Answers as a form posts them: what people type, turned into answers, and answers turned back into what they see."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from services.audit.domain.answers import Answer, Answers, Complaint, complaints
from services.audit.domain.questionnaires import Question, Questionnaire

VALUE, NOT_APPLICABLE, COMMENT = "value.", "na.", "comment."
"""How the names of a question's fields begin; its code follows."""

Posted = Mapping[str, Sequence[str]]
"""Field name -> its values."""

Faults = Mapping[str, Sequence[tuple[str, str]]]
"""Question's code -> (field, what is wrong with it as the key of a text)."""

SMALLEST_GROUP = 2
"""Digits between two separators: three in most places, two in India, four where people count in ten thousands."""

# The minus sign is a minus, and apostrophes stand between groups of digits.
_TYPED = str.maketrans({"\N{MINUS SIGN}": "-", "'": None, "\N{RIGHT SINGLE QUOTATION MARK}": None})
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+")
_PLAIN = re.compile(r"-?\d+(\.\d+)?")


class NotANumber(ValueError):
    """What was typed is no number; `kind` is the key of the text that says what to do."""

    def __init__(self, kind: str) -> None:
        """Keep the key."""
        super().__init__(kind)
        self.kind = kind


def number(typed: str) -> float | int:
    """The number that was typed: full-width digits, blanks between groups and a decimal comma are understood.

    NotANumber where it is none, or where a comma could be either (1,234): a wrong guess would be a thousandfold.
    """
    text = "".join(unicodedata.normalize("NFKC", typed).split()).translate(_TYPED)
    if "," in text and "." in text:
        groups, decimal = (",", ".") if text.rindex(".") > text.rindex(",") else (".", ",")
        whole, _, part = text.rpartition(decimal)
        if any(len(group) < SMALLEST_GROUP for group in whole.split(groups)[1:]):
            raise NotANumber("not_a_number")
        text = f"{whole.replace(groups, '')}.{part}"
    elif text.count(",") == 1:
        if _GROUPED.fullmatch(text) and not text.lstrip("-").startswith("0"):
            raise NotANumber("ambiguous_number")
        text = text.replace(",", ".")
    elif _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise NotANumber("not_a_number")
    value = float(text)
    if not math.isfinite(value):
        raise NotANumber("not_a_number")
    # Of the float: an integer beyond its digits is too large anyway, and very long ones cannot be read at all.
    return value if "." in text else int(value)


def read(questionnaire: Questionnaire, posted: Posted) -> tuple[dict[str, Answer], dict[str, list[tuple[str, str]]]]:
    """The answers, and what is wrong with them; an answer with a fault may be incomplete."""
    answers: dict[str, Answer] = {}
    faults: dict[str, list[tuple[str, str]]] = {}
    for question in questionnaire.questions:
        answer: dict[str, Any] = {}
        try:
            value = _value(question, posted.get(VALUE + question.code, ()))
        except NotANumber as error:
            faults.setdefault(question.code, []).append(("value", error.kind))
            value = None
        if value is not None:
            answer["value"] = value
        if posted.get(NOT_APPLICABLE + question.code):
            answer["not_applicable"] = True
        comment = _text(posted.get(COMMENT + question.code, ()))
        if comment:
            answer["comment"] = comment
        if answer:
            answers[question.code] = answer
    for complaint in complaints(questionnaire, answers):
        faults.setdefault(complaint.code, []).append(_fault(questionnaire, answers, complaint))
    return answers, {code: list(dict.fromkeys(found)) for code, found in faults.items()}


def fields(questionnaire: Questionnaire, answers: Answers) -> dict[str, list[str]]:
    """What the form shows for answers: the reverse of reading them."""
    shown: dict[str, list[str]] = {}
    for question in questionnaire.questions:
        answer = answers.get(question.code) or {}
        value = _shown(answer.get("value"))
        if value:
            shown[VALUE + question.code] = value
        if answer.get("not_applicable"):
            shown[NOT_APPLICABLE + question.code] = ["yes"]
        if answer.get("comment"):
            shown[COMMENT + question.code] = [answer["comment"]]
    return shown


def _value(question: Question, given: Sequence[str]) -> Any:
    match question.kind:
        case "multiple":
            return list(dict.fromkeys(each for each in given if each)) or None
        case "text":
            return _text(given)
    first = given[0].strip() if given else ""
    if not first:
        return None
    match question.kind:
        case "yes_no":
            # Anything but the two buttons is left as it is, for the rules to complain about.
            return {"yes": True, "no": False}.get(first, first)
        case "number":
            return number(first)
        case "file":
            return {"file_id": first}
    return first


def _text(given: Sequence[str]) -> str | None:
    return (given[0].replace("\r\n", "\n").strip() or None) if given else None


def _shown(value: Any) -> list[str]:
    match value:
        case None:
            return []
        case bool():
            return ["yes" if value else "no"]
        case list():
            return [str(each) for each in value]
        case {"file_id": file_id}:
            return [str(file_id)]
    return [str(value)]


def _fault(questionnaire: Questionnaire, answers: Answers, complaint: Complaint) -> tuple[str, str]:
    """Which field of the form is meant, and the key of the text that says what to do."""
    question, answer = questionnaire.by_code()[complaint.code], answers[complaint.code]
    match complaint.pointer.rpartition("/")[2]:
        case "comment":
            return "comment", "comment_too_long" if answer.get("comment") else "reason_missing"
        case "not_applicable":
            return "not_applicable", "applies_to_all"
    if answer.get("not_applicable"):
        return "value", "answer_and_not_applicable"
    by_kind = {"number": "out_of_range", "text": "text_too_long", "file": "file_unknown"}
    return "value", by_kind.get(question.kind, "not_an_option")
