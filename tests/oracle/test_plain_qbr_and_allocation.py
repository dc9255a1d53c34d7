"""The plain readings of review and allocation hold against the worked examples."""

from datetime import date
from fractions import Fraction

import pytest

from tests.oracle import plain_allocation, plain_qbr
from tests.oracle.plain_allocation import PlainLine
from tests.oracle.plain_scoring import PlainScore


def scored(score: float, tier: str = "low", basis: str = "assessed") -> PlainScore:
    return PlainScore("S1", score, score, tier, (), {}, 0.0, 1.0, basis)


def test_a_full_review_is_the_weighted_mean() -> None:
    figures = {
        "quality": Fraction(92),
        "cost": Fraction(80),
        "delivery": Fraction(88),
        "service": Fraction(75),
    }
    card = plain_qbr.review(figures, scored(78.4), priority_missed=False)
    assert (card.total, card.coverage, card.grade) == (84.38, 100, "B")


def test_a_high_risk_tier_is_at_best_c() -> None:
    figures = {"quality": Fraction(92), "delivery": Fraction(88)}
    card = plain_qbr.review(figures, scored(55, "high"), priority_missed=False)
    assert (card.total, card.coverage, card.grade) == (80.29, 70, "C")


def test_sustainability_alone_is_not_rated() -> None:
    assert plain_qbr.review({}, scored(90), priority_missed=False).grade == "not_rated"


def test_a_missed_priority_finding_is_d_before_all_else() -> None:
    assert plain_qbr.review({}, scored(90, "high"), priority_missed=True).grade == "D"


def test_a_quarter_ends_on_its_last_day() -> None:
    assert plain_qbr.last_day_of("2025Q4") == date(2025, 12, 31)
    assert plain_qbr.last_day_of("2026Q3") == date(2026, 9, 30)


def test_the_worked_allocation_comes_out() -> None:
    shares = plain_allocation.allocate(
        [
            PlainLine("S1", 0.40, 88, "A", capacity=0.60),
            PlainLine("S2", 0.30, 74, "B", capacity=0.50),
            PlainLine("S3", 0.20, 48, "D", capacity=0.40, min_share=0.05),
            PlainLine("S4", 0.10, 92, "A", capacity=0.18),
        ]
    )
    assert list(shares.values()) == pytest.approx([0.482258, 0.287413, 0.102397, 0.127932], abs=6e-7)


def test_what_the_bounds_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="leave no split"):
        plain_allocation.allocate([PlainLine("S1", 1.0, 88, "A", capacity=0.5)])
