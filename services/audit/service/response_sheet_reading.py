"""The workbook by which a supplier answers without an API: what came back."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import python_calamine

from services.audit.domain.answers import complaints
from services.audit.domain.posted_answers import NotANumber, number
from services.audit.domain.questionnaires import Question, Questionnaire
from services.audit.service.response_sheet_words import (
    ANSWER,
    CODE,
    COMMENT,
    FORM,
    HEADER_ROW,
    IDENTIFICATION,
    MARK,
    NO,
    NOT_APPLICABLE,
    WORDS,
    YES,
)
from services.audit.service.response_sheets import identify
from services.audit.service.responses import ResponseSheet
from shared.errors import FieldError, Invalid, PreconditionFailed
from shared.imports.workbooks import refuse_bomb
from shared.languages import Language, language_of, text_for

LARGEST_UNPACKED = 30 * 1024 * 1024
MOST_CELLS = 200_000
COLUMN_OF = {"value": ANSWER, "not_applicable": NOT_APPLICABLE, "comment": COMMENT}
BETWEEN_CODES = re.compile(r"[,;\n、，；]")  # noqa: RUF001  # as people write them

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """A workbook that came back: what it says it is, and its rows."""

    identification: dict[str, str]
    language: Language
    rows: list[Row]


def read_sheet(data: bytes) -> FilledSheet:
    """The workbook's content; Invalid where it is none, or not one that went out from here."""
    refuse_bomb(data, largest=LARGEST_UNPACKED, most_cells=MOST_CELLS)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        if IDENTIFICATION not in book.sheet_names:
            raise _not_ours()
        named = book.get_sheet_by_name(IDENTIFICATION).to_python(skip_empty_area=False)
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, IndexError, OSError, ValueError) as error:
        raise Invalid(f"The workbook cannot be read: {error}.", code="sheet-unreadable") from None
    identification = {_text(row[0]): _text(row[1]) for row in named if len(row) > 1}
    language = language_of(identification.get("language", ""))
    header = rows[HEADER_ROW - 1] if len(rows) >= HEADER_ROW else []
    if identification.get("form") != FORM or language is None:
        raise _not_ours()
    if tuple(_text(cell) for cell in header[: COMMENT + 1]) != WORDS[language].columns:
        raise Invalid("The sheet's columns are not those that went out.", code="sheet-changed")
    return FilledSheet(identification, language, [[*row, *[""] * (COMMENT + 1 - len(row))] for row in rows])


def take_answers(filled: FilledSheet, sheet: ResponseSheet, supplier_code: str, *, check_basis: bool) -> dict[str, Any]:
    """The answers in it; Invalid where it is another's, or names every cell that cannot be taken.

    PreconditionFailed where, with `check_basis`, the answers have been changed since the sheet went out. Files stay as
    they are: they are not answered in a sheet.
    """
    named, expected = filled.identification, identify(sheet, supplier_code, filled.language)
    for what in ("survey_id", "supplier_code", "questionnaire", "edition"):
        if named.get(what) != expected[what]:
            raise Invalid(
                f"This sheet is of another response: its {what} is {named.get(what)}, not {expected[what]}.",
                code="sheet-of-another",
            )
    if check_basis and named.get("answers") != expected["answers"]:
        raise PreconditionFailed(
            "The answers have been changed since this sheet went out: fetch it again, or send If-Match."
        )
    answers, faults = _read(filled, sheet.questionnaire)
    kept = {question.code for question in sheet.questionnaire.questions if question.kind == "file"}
    answers |= {code: answer for code, answer in sheet.response.answers.items() if code in kept}
    faults += _complaints(filled, sheet.questionnaire, answers)
    if faults:
        raise Invalid(f"{len(faults)} cells cannot be taken; nothing was saved.", code="answers-invalid", fields=faults)
    return answers


def _read(filled: FilledSheet, questionnaire: Questionnaire) -> tuple[dict[str, Any], list[FieldError]]:
    questions = questionnaire.by_code()
    answers: dict[str, Any] = {}
    faults: list[FieldError] = []
    seen: set[str] = set()
    for line, row in _lines(filled):
        code = _text(row[CODE])
        question = questions.get(code)
        if question is None or code in seen:
            what = f"{code} comes twice" if question else f"there is no question {code!r}"
            faults.append(_fault(line, CODE, what))
            continue
        seen.add(code)
        if question.kind == "file":
            continue
        answer, found = _answer(question, line, row, filled.language)
        faults += found
        if answer:
            answers[code] = answer
    lost = [code for code in questions if code not in seen]
    if lost:
        faults.append(FieldError("cell: A", f"the rows of these questions are missing: {', '.join(lost)}"))
    return answers, faults


def _answer(question: Question, line: int, row: Row, language: Language) -> tuple[dict[str, Any], list[FieldError]]:
    """What a row answers, and what of it cannot be read."""
    answer: dict[str, Any] = {}
    faults: list[FieldError] = []
    try:
        value = _value(question, row[ANSWER], language)
    except ValueError as error:
        value = None
        faults.append(_fault(line, ANSWER, str(error)))
    if value is not None:
        answer["value"] = value
    mark = _text(row[NOT_APPLICABLE])
    if mark.casefold() == MARK:
        answer["not_applicable"] = True
    elif mark:
        faults.append(_fault(line, NOT_APPLICABLE, f"{mark!r}: only {MARK} can stand here, or nothing"))
    if comment := _text(row[COMMENT]):
        answer["comment"] = comment
    return answer, faults


def _complaints(filled: FilledSheet, questionnaire: Questionnaire, answers: dict[str, Any]) -> list[FieldError]:
    """What the answers' own rules refuse, by cell; files are looked at where the draft is saved."""
    lines = {_text(row[CODE]): line for line, row in _lines(filled)}
    return [
        _fault(lines[found.code], COLUMN_OF.get(found.pointer.rpartition("/")[2], ANSWER), found.message)
        for found in complaints(questionnaire, answers)
        if found.code in lines
    ]


def _lines(filled: FilledSheet) -> Iterator[tuple[int, Row]]:
    """The rows under the header that say anything, each with its number as spreadsheets show it."""
    rows = enumerate(filled.rows[HEADER_ROW:], start=HEADER_ROW + 1)
    return ((line, row) for line, row in rows if any(_text(cell) for cell in row))


def _value(question: Question, cell: Any, language: Language) -> Any:
    """The answer that a cell holds, None where it is empty; ValueError says why it is none."""
    text = _text(cell)
    if not text:
        return None
    match question.kind:
        case "yes_no":
            return _yes_or_no(text, language)
        case "choice":
            return _option(question, text, language)
        case "multiple":
            parts = [part.strip() for part in BETWEEN_CODES.split(text) if part.strip()]
            return list(dict.fromkeys(_option(question, part, language) for part in parts))
        case "number":
            return _number(cell, text)
    return text


def _yes_or_no(text: str, language: Language) -> bool:
    folded = text.casefold()
    if folded not in YES | NO:
        raise ValueError(f"{text!r}: choose {WORDS[language].yes} or {WORDS[language].no}")
    return folded in YES


def _option(question: Question, text: str, language: Language) -> str:
    """The code of the option that reads like this in the sheet's language, else in another, else has this code."""
    folded = text.casefold()
    for option in question.options:
        if text_for(option.label, language)[0].strip().casefold() == folded:
            return option.code
    for option in question.options:
        if folded == option.code or folded in {label.strip().casefold() for label in option.label.values()}:
            return option.code
    known = ", ".join(option.code for option in question.options)
    raise ValueError(f"{text[:100]!r} is none of the options ({known})")


def _number(cell: Any, text: str) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    try:
        return number(text)
    except NotANumber:
        raise ValueError(f"{text[:100]!r} is not a plain number such as 1234.5") from None


def _text(cell: Any) -> str:
    """A cell's content as a person reads it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return re.sub(r"\r\n?", "\n", str(cell)).strip()


def _fault(line: int, column: int, message: str) -> FieldError:
    return FieldError(f"cell: {'ABCDEFG'[column]}{line}", message)


def _not_ours() -> Invalid:
    return Invalid("This workbook is not a survey sheet that went out from here.", code="sheet-of-another")
