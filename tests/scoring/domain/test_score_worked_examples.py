"""The four worked examples of the formulas, digit by digit."""

from datetime import date

import pytest

from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.score import score
from tests.scoring.domain.evidence_cases import Case, D, evidence_of

MIXED = (
    Case({2024: 62.5})
    .audit("vap", date(2026, 3, 1))
    .finding("A3", "major", date(2026, 3, 1), due_on=date(2026, 9, 12))
    .finding("C3", "minor", date(2026, 3, 1), closed_on=date(2026, 5, 1))
    .survey(date(2026, 6, 1), 90, 70, 85, 80)
    .took_part("event", 1, date(2026, 4, 1))
    .took_part("event", 2, date(2026, 5, 1))
    .took_part("course", 1, date(2026, 5, 1))
)
COUNTRY_ONLY = Case({2024: 62.5})
SILENT = Case({2024: 62.5}).asked(date(2026, 6, 30))
OPEN_PRIORITY = (
    Case({2024: 90})
    .audit("vap", date(2026, 8, 1))
    .finding("A1", "priority", date(2026, 8, 1), approved_on=date(2026, 8, 9), due_on=date(2026, 10, 30))
    .survey(date(2026, 6, 1), 95, 95, 95, 95)
)
for number in range(5):
    OPEN_PRIORITY.took_part("event", number, date(2026, 4, 1))

EXAMPLES = [
    (MIXED, [93.25, 78.25, 91.45, 90.25], 88.30, 1.25, 89.55, "medium", ["overdue_major"]),
    (COUNTRY_ONLY, [62.75] * 4, 62.75, 0, 62.75, "medium", ["base_below_80"]),
    (SILENT, [46.25] * 4, 46.25, 0, 46.25, "high", ["base_below_60"]),
    (OPEN_PRIORITY, [97.5, 85.5, 97.5, 97.5], 94.5, 0, 94.5, "high", ["open_priority_finding"]),
]


@pytest.mark.parametrize(("case", "categories", "base", "credit", "total", "tier", "reasons"), EXAMPLES)
def test_a_worked_example_comes_out_to_the_last_digit(
    case: Case,
    categories: list[float],
    base: float,
    credit: float,
    total: float,
    tier: str,
    reasons: list[str],
) -> None:
    scores = score(evidence_of([case]), D, DEFAULT)
    assert scores.categories[0].tolist() == categories
    assert (scores.base[0], scores.credit[0], scores.score[0]) == (base, credit, total)
    assert scores.risk_tier(0) == tier
    assert scores.tier_reasons(0) == reasons


def test_all_worked_examples_score_the_same_in_one_batch() -> None:
    scores = score(evidence_of([example[0] for example in EXAMPLES]), D, DEFAULT)
    assert scores.score.tolist() == [89.55, 62.75, 46.25, 94.5]


def test_country_risk_alone_is_assumed_and_silence_makes_it_partly() -> None:
    scores = score(evidence_of([MIXED, COUNTRY_ONLY, SILENT, OPEN_PRIORITY]), D, DEFAULT)
    assert [scores.basis_name(row) for row in range(4)] == ["assessed", "assumed", "partly", "assessed"]
    assert scores.confidence.tolist() == [1.0, 0.2, 0.2, 1.0]


def test_no_supplier_at_all_is_an_empty_batch() -> None:
    scores = score(evidence_of([]), D, DEFAULT)
    assert scores.score.shape == (0,)
    assert scores.categories.shape == (0, 4)
