"""A survey's form as the page shows it, in one language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.audit.domain import posted_answers
from services.audit.domain.answers import fingerprint, is_answered
from services.audit.domain.questionnaires import Question
from services.audit.endpoints.pages.texts import TEXTS
from services.audit.service.answer_forms import Form
from services.audit.service.today import today
from shared.languages import Language
from shared.web.html.wording import Words, words_of


class OptionView(NamedTuple):
    """One of the answers to choose from."""

    code: str
    label: Words
    is_chosen: bool


class FaultView(NamedTuple):
    """What is wrong, and which control it is about."""

    number: int
    control: str
    kind: str


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with what was entered so far."""

    number: int
    code: str
    kind: str
    text: Words
    help: Words
    unit: str | None
    options: Sequence[OptionView]
    values: Sequence[str]
    file_name: str | None
    may_be_not_applicable: bool
    is_not_applicable: bool
    comment: str
    wrong: Sequence[tuple[str, str]]
    theirs: str | None

    @property
    def id(self) -> str:
        """Of its first control, and the beginning of all its others' ids."""
        return f"q{self.number}"

    @property
    def name(self) -> str:
        """Of its controls."""
        return posted_answers.VALUE + self.code

    @property
    def value(self) -> str:
        """What a single control holds."""
        return self.values[0] if self.values else ""

    @property
    def faults(self) -> list[str]:
        """Keys of the texts that say what is wrong."""
        return [kind for _, kind in self.wrong]

    @property
    def described_by(self) -> str:
        """The ids of what explains the group: help and faults."""
        return " ".join(
            f"{self.id}-{part}" for part, shown in (("help", self.help.text), ("error", self.wrong)) if shown
        )

    def is_wrong(self, field: str) -> bool:
        """Whether something is wrong with this control."""
        return any(found == field for found, _ in self.wrong)

    def control_of(self, field: str) -> str:
        """The id of the control for a field."""
        return {"comment": f"{self.id}-comment", "not_applicable": f"{self.id}-na"}.get(field, self.id)


class SectionView(NamedTuple):
    """Questions under a heading."""

    title: Words
    questions: Sequence[QuestionView]


@dataclass(frozen=True, slots=True)
class FormView:
    """The whole form."""

    title: Words
    supplier_name: str
    due_on: str
    is_past_due: bool
    link_until: str
    based_on: str
    sections: Sequence[SectionView]
    missing: Sequence[QuestionView]
    is_stale: bool
    was_saved: bool

    @property
    def questions(self) -> list[QuestionView]:
        """All questions, in order."""
        return [question for section in self.sections for question in section.questions]

    @property
    def asked(self) -> int:
        """How many questions there are."""
        return len(self.questions)

    @property
    def answered(self) -> int:
        """How many of them have an answer."""
        return self.asked - len(self.missing)

    @property
    def takes_files(self) -> bool:
        """Whether the browser has to send files."""
        return any(question.kind == "file" for question in self.questions)

    @property
    def faults(self) -> list[FaultView]:
        """All that is wrong, in order."""
        return [
            FaultView(question.number, question.control_of(field), kind)
            for question in self.questions
            for field, kind in question.wrong
        ]


def form_view(form: Form, language: Language, *, was_saved: bool = False) -> FormView:
    """The form in a language, with English where a text is not translated."""
    numbers = {question.code: n for n, question in enumerate(form.sheet.questionnaire.questions, start=1)}

    def view(question: Question) -> QuestionView:
        return _question_view(form, question, numbers[question.code], language)

    sections = [
        SectionView(
            words_of(section.title, language, section.category), [view(question) for question in section.questions]
        )
        for section in form.sheet.questionnaire.sections
    ]
    questions = [question for section in sections for question in section.questions]
    return FormView(
        title=words_of_title(form, language),
        supplier_name=form.supplier_name,
        due_on=form.sheet.survey.due_on.isoformat(),
        is_past_due=form.sheet.survey.due_on < today(),
        link_until=f"{form.link.expires_at:%Y-%m-%d %H:%M}",
        based_on=fingerprint(form.sheet.response.answers),
        sections=sections,
        missing=[question for question in questions if not is_answered(form.answers.get(question.code))],
        is_stale=form.is_stale,
        was_saved=was_saved,
    )


def words_of_title(form: Form, language: Language) -> Words:
    """What the questionnaire is called."""
    return words_of(form.sheet.questionnaire.title, language, form.sheet.survey.title)


def category_titles(form: Form, language: Language) -> Mapping[str, Words]:
    """Risk category -> the heading under which its questions stand first."""
    return {
        section.category: words_of(section.title, language, section.category)
        for section in reversed(form.sheet.questionnaire.sections)
    }


def _question_view(form: Form, question: Question, number: int, language: Language) -> QuestionView:
    values = form.posted.get(posted_answers.VALUE + question.code, ())
    options = _options(question, values, language)
    theirs = form.theirs.get(question.code)
    return QuestionView(
        number=number,
        code=question.code,
        kind=question.kind,
        text=words_of(question.text, language),
        help=words_of(question.help, language),
        unit=question.unit,
        options=options,
        values=[value for value in values if value],
        file_name=next((form.file_names[value] for value in values if value in form.file_names), None),
        may_be_not_applicable=question.may_be_not_applicable,
        is_not_applicable=bool(form.posted.get(posted_answers.NOT_APPLICABLE + question.code)),
        comment=next(iter(form.posted.get(posted_answers.COMMENT + question.code, ())), ""),
        wrong=form.faults.get(question.code, ()),
        theirs=None if theirs is None else _in_words(theirs, options, form.file_names, language),
    )


def _options(question: Question, values: Sequence[str], language: Language) -> list[OptionView]:
    if question.kind == "yes_no":
        return [
            OptionView(code, Words(TEXTS[code].in_language(language), language), code in values)
            for code in ("yes", "no")
        ]
    return [
        OptionView(option.code, words_of(option.label, language), option.code in values) for option in question.options
    ]


def _in_words(
    theirs: Sequence[str], options: Sequence[OptionView], file_names: Mapping[str, str], language: Language
) -> str:
    """What somebody else saved, as people read it; empty for no answer."""
    labels = {option.code: option.label.text for option in options} | dict(file_names)
    labels[posted_answers.NOT_APPLICABLE] = TEXTS["not_applicable"].in_language(language)
    return "; ".join(labels.get(value, value) for value in theirs)
