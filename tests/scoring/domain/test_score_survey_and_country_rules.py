"""S and I: latest answers, silence, and the year of the country risk."""

from datetime import date

import pytest

from tests.scoring.domain.evidence_cases import Case, D, scored, survey_figure


@pytest.mark.parametrize(("on", "figure"), [((2025, 3, 30), 55), ((2025, 3, 31), 80), ((2026, 9, 30), 80)])
def test_the_survey_window_is_open_at_its_start_and_closed_at_its_end(on: tuple[int, int, int], figure: int) -> None:
    assert survey_figure(Case().survey(date(*on), 80, 80, 80, 80)) == figure


def test_the_window_starts_on_the_last_day_of_a_month_that_is_too_short() -> None:
    case = Case().survey(date(2025, 2, 28), 80, 80, 80, 80)
    assert survey_figure(case, day=date(2026, 8, 27)) == 80
    assert survey_figure(case, day=date(2026, 8, 31)) == 55


def test_each_category_takes_the_latest_survey_that_has_a_score_for_it() -> None:
    case = Case().survey(date(2025, 9, 1), 50, 60, 70, 80).survey(date(2026, 9, 1), 90, None, None, None)
    assert scored(case).detail.survey.figure.tolist() == [[90, 60, 70, 80]]


def test_of_two_surveys_submitted_on_one_day_the_lower_answer_counts() -> None:
    case = Case().survey(D, 90, 90, 90, 90).survey(D, 60, 95, 90, 90)
    assert scored(case).detail.survey.figure.tolist() == [[60, 90, 90, 90]]


@pytest.mark.parametrize(
    ("due_on", "silent"),
    [
        (date(2025, 3, 30), False),
        (date(2025, 3, 31), True),
        (date(2026, 9, 29), True),
        (date(2026, 9, 30), False),
    ],
)
def test_silence_counts_from_the_day_after_the_due_date_until_the_window_ends(due_on: date, silent: bool) -> None:
    assert survey_figure(Case().asked(due_on)) == (0 if silent else 55)


def test_silence_after_an_earlier_survey_voids_it() -> None:
    case = Case().survey(date(2026, 5, 1), 80, 80, 80, 80)
    assert survey_figure(case.copy().asked(date(2026, 5, 2))) == 0
    assert survey_figure(case.copy().asked(date(2026, 5, 1))) == 80


def test_submitting_late_ends_the_silence_and_submitting_tomorrow_does_not() -> None:
    due_on = date(2026, 6, 1)
    assert survey_figure(Case().asked(due_on, submitted_on=D)) == 55
    assert survey_figure(Case().asked(due_on, submitted_on=date(2026, 10, 1))) == 0


def test_silence_concerns_only_categories_without_a_later_answer() -> None:
    case = Case().asked(date(2026, 6, 1)).survey(date(2026, 7, 1), 80, None, None, None)
    scores = scored(case)
    assert scores.detail.survey.figure.tolist() == [[80, 0, 0, 0]]
    assert scores.detail.survey.assumed.tolist() == [[False, True, True, True]]


@pytest.mark.parametrize(
    ("ranks", "figure"),
    [
        ({2024: 40, 2025: 60}, 80),
        ({2026: 20, 2025: 60}, 60),
        ({2027: 20, 2025: 60}, 80),
        ({2028: 20, 2027: 40}, 70),
        ({2025: float("nan"), 2024: 10}, 55),
    ],
)
def test_the_latest_year_so_far_counts_else_the_earliest_held(ranks: dict[int, float], figure: float) -> None:
    scores = scored(Case(ranks))
    assert scores.detail.inherent.figure.tolist() == [figure]
    assert not scores.detail.inherent.assumed[0]


def test_an_unknown_country_is_taken_for_the_worst_and_marked_as_assumed() -> None:
    scores = scored(Case())
    assert scores.detail.inherent.figure.tolist() == [50]
    assert scores.detail.inherent.assumed.tolist() == [True]
    assert scores.confidence.tolist() == [0]
