"""The arithmetic of the engagement figures."""

from datetime import UTC, datetime

import pytest

from services.engagement.domain import figures

STARTS = datetime(2026, 4, 16, 5, 30, tzinfo=UTC)
ENDS = datetime(2026, 4, 16, 9, 0, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 4, 16, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe (1998), table I, method 3 (score without continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_the_wilson_interval_is_the_published_one(successes: int, n: int, low: float, high: float) -> None:
    assert figures.wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_the_wilson_interval_of_nothing_is_everything() -> None:
    assert figures.wilson_interval(0, 0) == (0.0, 1.0)


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        figures.wilson_interval(3, 2)


def test_where_all_are_satisfied_the_interval_still_has_a_lower_end() -> None:
    assert figures.satisfaction(10, 10) == figures.Satisfaction(10, 100.0, (72.25, 100.0))


def test_without_ratings_there_is_no_satisfaction() -> None:
    assert figures.satisfaction(0, 0) == figures.Satisfaction(0, None, None)


@pytest.mark.parametrize(
    ("joined_at", "left_at", "persons", "hours"),
    [
        (None, None, 1, 3.5),
        (None, None, 20, 70.0),
        (at(6), None, 1, 3.0),
        (None, at(8, 30), 1, 3.0),
        (at(6), at(8), 2, 4.0),
        (at(5), at(10), 1, 3.5),
        (datetime(2026, 4, 2, 6, 0, tzinfo=UTC), datetime(2026, 4, 2, 8, 0, tzinfo=UTC), 1, 3.5),
    ],
)
def test_person_hours_are_the_part_of_the_event_that_they_were_there(
    joined_at: datetime | None, left_at: datetime | None, persons: int, hours: float
) -> None:
    assert figures.person_hours(STARTS, ENDS, joined_at, left_at, persons) == hours


def test_running_totals_begin_at_the_opening_balance_and_at_nothing_where_it_is_silent() -> None:
    own = {"person_times": 386, "session_hours": 21.0, "course_views": 353}
    opened = {"person_times": 4037, "session_hours": 669.0, "course_views": None}
    assert figures.running_totals(own, opened) == {"person_times": 4423, "session_hours": 690.0, "course_views": 353}
