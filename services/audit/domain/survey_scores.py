"""What answers are worth: a score per risk category, in which a missing answer counts nothing."""

import math
from collections.abc import Sequence

from services.audit.domain.answers import Answer, Answers, is_answered, is_not_applicable
from services.audit.domain.questionnaires import Question, Questionnaire


def category_scores(questionnaire: Questionnaire, answers: Answers) -> dict[str, float]:
    """Risk category -> 0..100, two decimals, of answers without complaints; none where nothing that counts applies."""
    scores = {category: _score(questions, answers) for category, questions in questionnaire.categories().items()}
    return {category: score for category, score in scores.items() if score is not None}


def points_of(question: Question, answer: Answer | None) -> float:
    """0..1: what the answer is worth; 0 where it is missing."""
    if answer is None or not is_answered(answer) or is_not_applicable(answer):
        return 0.0
    value = answer["value"]
    match question.kind:
        case "yes_no":
            return 1.0 if value is (question.good_answer == "yes") else 0.0
        case "choice":
            return next(option.points for option in question.options if option.code == value)
        case "multiple":
            return min(1.0, math.fsum(option.points for option in question.options if option.code in value))
        case "number" if question.bands:
            return next((band.points for band in reversed(question.bands) if value >= band.at_least), 0.0)
    return 1.0  # what was asked for is there: a number without bands, a text, a file


def _score(questions: Sequence[Question], answers: Answers) -> float | None:
    # A missing answer stays in the denominator, so that leaving questions out gains nothing. The sums are exact
    # (fsum), so that no order of questions gives other digits.
    counting = [question for question in questions if not is_not_applicable(answers.get(question.code))]
    most = math.fsum(question.weight for question in counting)
    if most == 0:
        return None
    reached = math.fsum(question.weight * points_of(question, answers.get(question.code)) for question in counting)
    return _rounded(100 * reached / most)


def _rounded(score: float) -> float:
    """Two decimals, half up, as all scores of this project are rounded."""
    return math.floor(100 * score + 0.5 + 1e-9) / 100
