"""What answers to a questionnaire are worth."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.answers import complaints, missing
from services.audit.domain.questionnaires import Question, Questionnaire, parse
from services.audit.domain.survey_scores import category_scores
from tests.audit.survey_sample import ANSWERS, MISSING, SCORES, questionnaire_of, sample

CATEGORY = "labor_employment"


def score(questionnaire: Questionnaire, answers: dict[str, Any]) -> float:
    return category_scores(questionnaire, answers)[CATEGORY]


def test_each_kind_of_question_is_worth_what_it_says() -> None:
    assert category_scores(sample(), ANSWERS) == SCORES
    assert missing(sample(), ANSWERS) == MISSING


def test_missing_answers_count_against_the_score() -> None:
    assert category_scores(sample(), {}) == {CATEGORY: 0.0, "environmental_impact": 0.0}
    assert score(sample(), {"policy": {"value": True}}) == 37.5


def test_a_comment_alone_is_no_answer() -> None:
    assert category_scores(sample(), {"policy": {"comment": "Later"}})[CATEGORY] == 0
    assert "policy" in missing(sample(), {"policy": {"comment": "Later"}})


def test_a_number_below_its_lowest_band_is_worth_nothing_and_one_without_bands_is_worth_all() -> None:
    banded = questionnaire_of({"code": "q", "kind": "number", "bands": [{"at_least": 10, "points": 0.5}]})
    assert [score(banded, {"q": {"value": value}}) for value in (9.99, 10, 1e9)] == [0, 50, 50]
    assert score(questionnaire_of({"code": "q", "kind": "number"}), {"q": {"value": -5}}) == 100


def test_several_choices_are_worth_no_more_than_all() -> None:
    assert (
        category_scores(sample(), {"reported": {"value": ["water", "waste", "energy"]}})["environmental_impact"] == 20
    )


def test_a_category_of_zero_weights_has_no_score() -> None:
    assert category_scores(questionnaire_of({"code": "q", "weight": 0}), {"q": {"value": True}}) == {}


def test_a_tie_is_rounded_up() -> None:
    # 1 of 160 is 0.625 exactly
    asked = questionnaire_of({"code": "a"}, {"code": "b", "weight": 159})
    assert score(asked, {"a": {"value": True}}) == 0.63


POINTS = st.floats(0, 1)
OPTIONS = st.lists(POINTS, min_size=2, max_size=4).map(
    lambda points: [{"code": f"o{n}", "label": {"en": f"O{n}"}, "points": p} for n, p in enumerate(points)]
)
BANDS = st.lists(st.tuples(st.floats(-100, 100), POINTS), max_size=4, unique_by=lambda band: band[0]).map(
    lambda bands: [{"at_least": low, "points": points} for low, points in sorted(bands)]
)
QUESTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["yes_no", "choice", "multiple", "number", "text"]),
            "weight": st.floats(0, 1_000_000),
            "may_be_not_applicable": st.booleans(),
            "good_answer": st.sampled_from(["yes", "no"]),
            "options": OPTIONS,
            "bands": BANDS,
        }
    ),
    min_size=1,
    max_size=6,
).map(lambda questions: questionnaire_of(*[{"code": f"q{n}", **each} for n, each in enumerate(questions)]))


def values(question: Question) -> st.SearchStrategy[Any]:
    codes = [option.code for option in question.options]
    return {
        "yes_no": st.booleans(),
        "choice": st.sampled_from(codes),
        "multiple": st.lists(st.sampled_from(codes), min_size=1, unique=True),
        "number": st.floats(-1000, 1000),
        "text": st.just("said"),
    }[question.kind]


@st.composite
def answered_questionnaires(draw: st.DrawFn) -> tuple[Questionnaire, dict[str, Any]]:
    questionnaire = draw(QUESTIONS)
    answers: dict[str, Any] = {}
    for question in questionnaire.questions:
        applies = not (question.may_be_not_applicable and draw(st.booleans()))
        if not applies:
            answers[question.code] = {"not_applicable": True, "comment": "why"}
        elif draw(st.booleans()):
            answers[question.code] = {"value": draw(values(question))}
    assert complaints(questionnaire, answers) == []
    return questionnaire, answers


@given(answered_questionnaires())
def test_scores_lie_between_0_and_100(given: tuple[Questionnaire, dict[str, Any]]) -> None:
    assert all(0 <= score <= 100 for score in category_scores(*given).values())


@given(answered_questionnaires(), st.data())
def test_answering_what_was_missing_never_lowers_and_removing_an_answer_never_raises(
    given: tuple[Questionnaire, dict[str, Any]], data: st.DataObject
) -> None:
    questionnaire, answers = given
    question = data.draw(st.sampled_from(list(questionnaire.questions)))
    without = {code: answer for code, answer in answers.items() if code != question.code}
    choices: list[Any] = [{"value": data.draw(values(question))}]
    if question.may_be_not_applicable:
        choices.append({"not_applicable": True, "comment": "why"})
    for answer in choices:
        low = category_scores(questionnaire, without)
        high = category_scores(questionnaire, {**without, question.code: answer})
        # Only "not applicable" can take a category away, and only where nothing else with a weight is asked.
        assert all(low[category] <= high.get(category, 100) for category in low)


@given(answered_questionnaires(), st.randoms(use_true_random=False))
def test_no_order_of_questions_or_answers_changes_a_score(
    given: tuple[Questionnaire, dict[str, Any]], shuffler: random.Random
) -> None:
    questionnaire, answers = given
    (section,) = questionnaire.sections
    questions, items = list(section.questions), list(answers.items())
    shuffler.shuffle(questions)
    shuffler.shuffle(items)
    shuffled = Questionnaire(questionnaire.title, (type(section)(section.category, section.title, tuple(questions)),))
    assert category_scores(shuffled, dict(items)) == category_scores(questionnaire, answers)


def test_sections_of_one_category_make_one_score() -> None:
    part = {"category": CATEGORY, "title": {"en": "Part"}}
    asked = [
        {**part, "questions": [{"code": code, "text": {"en": "?"}, "kind": "yes_no", "weight": 1}]} for code in "ab"
    ]
    assert category_scores(parse({"en": "Survey"}, asked), {"a": {"value": True}}) == {CATEGORY: 50}
