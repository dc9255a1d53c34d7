"""How long a score holds when nothing new comes in."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import days
from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.score import score
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of, scored

RECENT = date(2026, 5, 1)


def last_day(case: Case, day: date = D) -> date | None:
    return days.to_date(int(scored(case, day).valid_until[0]))


@pytest.mark.parametrize(
    ("case", "last"),
    [
        (Case(), None),
        (Case().finding("A1", "major", RECENT, due_on=date(2026, 10, 9)), date(2026, 10, 9)),
        (Case().finding("A1", "major", RECENT, due_on=D), D),
        (Case().finding("A1", "major", RECENT, due_on=date(2026, 9, 29)), None),
        (Case().finding("A1", "major", RECENT, due_on=date(2026, 10, 9), implemented_on=D), None),
        (Case().finding("A1", "major", date(2024, 11, 5), closed_on=RECENT), date(2026, 11, 4)),
        (Case().finding("A1", "major", date(2024, 9, 30), closed_on=RECENT), None),
        (Case().audit("vap", date(2025, 1, 15)), date(2027, 1, 14)),
        (Case().audit("regulatory", date(2025, 1, 15)), None),
        (Case().survey(date(2025, 8, 31), 1, 2, 3, 4), date(2027, 2, 28)),
        (Case().survey(RECENT, 1, 2, 3, 4).survey(date(2026, 4, 1), 1, 2, 3, 4), date(2027, 10, 31)),
        (Case().asked(date(2026, 12, 24)), date(2026, 12, 24)),
        (Case().asked(date(2026, 9, 29)), date(2028, 3, 28)),
        (Case().asked(date(2026, 12, 24), submitted_on=D), None),
        (Case().certificate("ISO 14001", RECENT, date(2026, 12, 31)), date(2026, 12, 31)),
        (Case().certificate("ISO 14001", date(2026, 11, 1), date(2026, 12, 31)), date(2026, 10, 31)),
        (Case().certificate("ISO 9001", RECENT, date(2026, 12, 31)), None),
        (Case().took_part("event", 1, RECENT), date(2027, 4, 30)),
        (Case().took_part("uncredited", 1, RECENT), None),
        (Case({2024: 50, 2027: 60}), date(2026, 12, 31)),
        (Case({2027: 50, 2029: 60}), date(2028, 12, 31)),
        (Case({2025: 50}), None),
    ],
)
def test_a_score_holds_until_the_day_before_time_changes_it(case: Case, last: date | None) -> None:
    assert last_day(case) == last


def test_a_leap_day_leaves_the_window_on_the_first_of_march() -> None:
    assert last_day(Case().audit("vap", date(2024, 2, 29)), date(2026, 1, 1)) == date(2026, 2, 28)


def test_a_score_ends_the_day_before_the_next_policy() -> None:
    evidence = evidence_of([Case()])
    scores = score(evidence, D, DEFAULT, next_policy_from=date(2027, 1, 1))
    assert days.to_date(int(scores.valid_until[0])) == date(2026, 12, 31)


@settings(max_examples=80, deadline=None)
@given(cases(), st.sampled_from([D, date(2026, 2, 27), date(2026, 8, 30)]), st.data())
def test_the_score_is_the_same_on_every_day_it_is_said_to_hold(case: Case, day: date, data: st.DataObject) -> None:
    evidence = evidence_of([case])
    first = score(evidence, day, DEFAULT)
    span = min(int(first.valid_until[0]) - days.from_date(day), 1500)
    assert span >= 0
    for offset in {span, data.draw(st.integers(0, span))}:
        later = score(evidence, day + timedelta(offset), DEFAULT)
        assert later.score[0] == first.score[0]
        assert later.categories.tolist() == first.categories.tolist()
        assert later.tier_reasons(0) == first.tier_reasons(0)
        assert (later.basis[0], later.confidence[0]) == (first.basis[0], first.confidence[0])
        assert later.valid_until[0] == first.valid_until[0]
