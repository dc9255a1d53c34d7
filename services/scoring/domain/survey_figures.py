"""S, the survey figure: the latest answer per supplier and category, and what silence costs."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from services.scoring.domain import days
from services.scoring.domain.evidence import Answers, Asked, Evidence, Floats, Rows
from services.scoring.domain.finding_states import Flags
from services.scoring.domain.policy import Policy

NONE = -1


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """S of N suppliers in K categories, the row of the latest answer, and per supplier the last unanswered campaign.

    `silent`: that campaign was due after the latest answer (or there is none), so the figure is 0.
    """

    figure: Floats
    assumed: Flags
    silent: Flags
    answer: Rows
    unanswered: Rows


def survey_figures(evidence: Evidence, day: date, policy: Policy) -> SurveyFigures:
    """Return S on `day`; silence in a campaign that is over counts 0, whatever was answered before it."""
    answers, asked = evidence.answers, evidence.asked
    shape = (evidence.suppliers, len(policy.categories))
    answer = _latest_answers(answers, day, policy, shape)
    unanswered = _last_unanswered(asked, day, policy, shape[0])

    long_ago = np.iinfo(np.int32).min
    answered = answer != NONE
    submitted_on = np.full(shape, long_ago, dtype=np.int32)
    submitted_on[answered] = answers.submitted_on[answer[answered]]
    due_on = np.full(shape[0], long_ago, dtype=np.int32)
    due_on[unanswered != NONE] = asked.due_on[unanswered[unanswered != NONE]]

    silent = due_on[:, None] > submitted_on
    figure = np.full(shape, policy.prudent.survey)
    figure[answered] = answers.score[answer[answered]]
    figure[silent] = 0.0
    return SurveyFigures(figure, ~answered | silent, silent, answer, unanswered)


def unanswered_campaigns(asked: Asked, day: date, policy: Policy) -> Flags:
    """Return which campaigns fell due within the window, before `day`, and are not answered by it."""
    start, today = days.months_before(day, policy.windows.survey), days.from_date(day)
    return (asked.submitted_on > today) & (asked.due_on > start) & (asked.due_on < today)


def _latest_answers(answers: Answers, day: date, policy: Policy, shape: tuple[int, int]) -> Rows:
    """Return the row of the latest answer by supplier and category; of two on one day the lower one."""
    start, today = days.months_before(day, policy.windows.survey), days.from_date(day)
    usable = (answers.submitted_on > start) & (answers.submitted_on <= today) & (answers.category >= 0)
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((-answers.score[rows], answers.submitted_on[rows]))]
    latest = np.full(shape, NONE, dtype=np.intp)
    latest[answers.supplier[rows], answers.category[rows]] = rows  # the last of equal indices stays
    return latest


def _last_unanswered(asked: Asked, day: date, policy: Policy, suppliers: int) -> Rows:
    """Return the row of each supplier's unanswered campaign with the latest due date."""
    rows = np.flatnonzero(unanswered_campaigns(asked, day, policy))
    rows = rows[np.argsort(asked.due_on[rows], kind="stable")]
    last = np.full(suppliers, NONE, dtype=np.intp)
    last[asked.supplier[rows]] = rows
    return last
