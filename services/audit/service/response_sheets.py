"""The workbook by which a supplier answers without an API: what goes out."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from services.audit.domain.answers import fingerprint, is_not_applicable
from services.audit.domain.questionnaires import Question
from services.audit.service.response_sheet_words import (
    ANSWER,
    CHOICES,
    CODE,
    COMMENT,
    FORM,
    HEADER_ROW,
    HOW,
    IDENTIFICATION,
    MARK,
    NOT_APPLICABLE,
    QUESTION,
    SECTION,
    WORDS,
    Words,
)
from services.audit.service.responses import ResponseSheet
from shared.languages import Language, text_for

LONGEST_CELL = 32_767
WIDTHS = (16, 20, 58, 34, 34, 12, 40)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ALLOWED = {"format_columns": True, "format_rows": True}


def identify(sheet: ResponseSheet, supplier_code: str, language: Language) -> dict[str, str]:
    """What a sheet says of itself, by which it is recognised when it comes back."""
    response, survey, questionnaire = sheet
    return {
        "form": FORM,
        "survey_id": str(survey.id),
        "supplier_code": supplier_code,
        "questionnaire": questionnaire.name,
        "edition": str(questionnaire.edition),
        "answers": fingerprint(response.answers),
        "language": language,
    }


def write_sheet(sheet: ResponseSheet, supplier_code: str, language: Language) -> bytes:
    """A workbook with the questions, and the answers that there are; equal for an equal response."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(
        output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": LONG_AGO})
    _Writer(book, sheet, language).write(identify(sheet, supplier_code, language))
    book.close()
    return output.getvalue()


class _Writer:
    """Writes one response into one workbook."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: ResponseSheet, language: Language) -> None:
        self.sheet, self.language, self.words = sheet, language, WORDS[language]
        self.page: Worksheet = book.add_worksheet(self.words.sheet)
        self.choices: Worksheet = book.add_worksheet(CHOICES)
        self.identification: Worksheet = book.add_worksheet(IDENTIFICATION)
        self.choice_columns = 0
        cell = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#BFBFBF"}
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.note = book.add_format({"text_wrap": True, "valign": "top"})
        self.head = book.add_format({**cell, "bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF"})
        self.shown = book.add_format({**cell, "bg_color": "#F2F2F2"})
        # As text, so that a spreadsheet does not make a date of what somebody writes.
        self.open_text = book.add_format({**cell, "bg_color": "#FFF9DB", "locked": False, "num_format": "@"})
        self.open_number = book.add_format({**cell, "bg_color": "#FFF9DB", "locked": False})

    def write(self, identification: Mapping[str, str]) -> None:
        """Write all of it."""
        for row, (name, value) in enumerate(identification.items()):
            self.identification.write_string(row, 0, name)
            self.identification.write_string(row, 1, value)
        self._write_head(identification["supplier_code"])
        row = HEADER_ROW
        for section in self.sheet.questionnaire.sections:
            for question in section.questions:
                self._put(row, SECTION, text_for(section.title, self.language)[0])
                self._write_question(row, question)
                row += 1
        for hidden in (self.choices, self.identification):
            hidden.hide()
            hidden.protect("", ALLOWED)
        self.page.protect("", ALLOWED)
        self.page.activate()

    def _write_head(self, supplier_code: str) -> None:
        page, words, survey = self.page, self.words, self.sheet.survey
        title = text_for(self.sheet.questionnaire.title, self.language)[0]
        page.write_string(0, 0, title, self.title)
        about = words.about.format(year=survey.year, supplier=supplier_code, due_on=survey.due_on)
        page.write_string(1, 0, about)
        page.merge_range(2, 0, 2, COMMENT, "", self.note)
        page.write_string(2, 0, words.instruction, self.note)
        page.set_row(2, 34)  # a merged cell does not grow by itself
        for column, width in enumerate(WIDTHS):
            page.set_column(column, column, width)
            page.write_string(HEADER_ROW - 1, column, words.columns[column], self.head)
        page.freeze_panes(HEADER_ROW, 0)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.repeat_rows(HEADER_ROW - 1)

    def _write_question(self, row: int, question: Question) -> None:
        answer = self.sheet.response.answers.get(question.code) or {}
        text, hint = (text_for(texts, self.language)[0] for texts in (question.text, question.help))
        self._put(row, CODE, question.code)
        self._put(row, QUESTION, f"{text}\n{hint}" if hint else text)
        self._put(row, HOW, how_to_answer(question, self.language))
        value = answer.get("value")
        if question.kind == "file":
            # What is uploaded stays as it is, whatever the sheet says.
            self._put(row, ANSWER, "✓" if value else "")
            self._put(row, NOT_APPLICABLE, "")
            self._put(row, COMMENT, "")
            return
        if question.kind == "number" and value is not None:
            self.page.write_number(row, ANSWER, value, self.open_number)
        else:
            self._put(row, ANSWER, shown(question, value, self.language), is_open=True, question=question)
        self._limit(row, question)
        may = question.may_be_not_applicable
        self._put(row, NOT_APPLICABLE, MARK if is_not_applicable(answer) else "", is_open=may)
        if may:
            self._list(row, NOT_APPLICABLE, [MARK], self.words.only_mark)
        self._put(row, COMMENT, answer.get("comment") or "", is_open=True)

    def _limit(self, row: int, question: Question) -> None:
        """What can be entered as the answer."""
        if question.kind == "yes_no":
            self._list(row, ANSWER, [self.words.yes, self.words.no], self.words.not_a_choice)
        elif question.kind == "choice":
            # A list in the cell itself has room for 255 characters only.
            for n, option in enumerate(question.options):
                self.choices.write_string(n, self.choice_columns, text_for(option.label, self.language)[0])
            last = len(question.options) - 1
            source = f"={CHOICES}!{xlsxwriter.utility.xl_range_abs(0, self.choice_columns, last, self.choice_columns)}"
            self._list(row, ANSWER, source, self.words.not_a_choice)
            self.choice_columns += 1
        elif question.kind == "number":
            limits = {"validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15}
            self.page.data_validation(row, ANSWER, row, ANSWER, {**limits, "error_message": self.words.not_a_number})

    def _list(self, row: int, column: int, source: str | list[str], message: str) -> None:
        rule = {"validate": "list", "source": source, "error_message": message}
        self.page.data_validation(row, column, row, column, rule)

    def _put(
        self, row: int, column: int, text: str, *, is_open: bool = False, question: Question | None = None
    ) -> None:
        is_number = question is not None and question.kind == "number"
        look = self.open_number if is_open and is_number else self.open_text if is_open else self.shown
        if text:
            self.page.write_string(row, column, text[:LONGEST_CELL], look)
        else:
            self.page.write_blank(row, column, None, look)


def how_to_answer(question: Question, language: Language) -> str:
    """What the sheet says on how to answer a question."""
    words: Words = WORDS[language]
    labels = [(option.code, text_for(option.label, language)[0]) for option in question.options]
    said = {
        "yes_no": f"{words.yes} / {words.no}",
        "choice": words.choose_one.format(options=" / ".join(label for _, label in labels)),
        "multiple": words.choose_several.format(options="\n".join(f"{code} = {label}" for code, label in labels)),
        "number": words.number.format(unit=question.unit),
        "text": words.text,
        "file": words.file,
    }[question.kind]
    return f"{said}\n({words.may_not_apply})" if question.may_be_not_applicable and question.kind != "file" else said


def shown(question: Question, value: Any, language: Language) -> str:
    """An answer as the sheet's cell shows it; empty where there is none."""
    words = WORDS[language]
    if value is None:
        return ""
    if question.kind == "yes_no":
        return words.yes if value else words.no
    if question.kind == "choice":
        return next(text_for(option.label, language)[0] for option in question.options if option.code == value)
    return ", ".join(value) if question.kind == "multiple" else str(value)
