"""Credit, tiers with their reasons, basis and confidence."""

from datetime import date

import pytest

from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.score import score
from tests.scoring.domain.evidence_cases import CATEGORIES, Case, D, evidence_of, scored

RECENT = date(2026, 5, 1)


def credit_of(case: Case) -> float:
    return float(scored(case).credit[0])


def test_an_event_counts_once_however_many_came() -> None:
    case = Case().took_part("event", 7, RECENT).took_part("event", 7, RECENT).took_part("course", 7, RECENT)
    assert credit_of(case) == 0.75


def test_support_meetings_give_no_credit() -> None:
    assert credit_of(Case().took_part("uncredited", 1, RECENT)) == 0


@pytest.mark.parametrize(("on", "credit"), [((2025, 9, 30), 0), ((2025, 10, 1), 0.5), ((2026, 9, 30), 0.5)])
def test_taking_part_counts_for_twelve_months(on: tuple[int, int, int], credit: float) -> None:
    assert credit_of(Case().took_part("event", 1, date(*on))) == credit


def test_each_credited_standard_counts_once_while_a_certificate_is_valid() -> None:
    case = Case().certificate("ISO 14001:2015", RECENT, D).certificate("iso14001", D, D)
    case.certificate("ISO 45001", RECENT, date(2026, 9, 29)).certificate("ISO 50001", date(2026, 10, 1), D)
    assert credit_of(case.certificate("ISO 9001", RECENT, D)) == 0.5


def test_credit_is_capped_and_the_score_stops_at_100() -> None:
    case = Case({2024: 100}).audit("vap", RECENT).survey(RECENT, 100, 100, 100, 100)
    for number in range(9):
        case.took_part("event", number, RECENT)
    scores = scored(case)
    assert (scores.base[0], scores.credit[0], scores.score[0]) == (100, 3, 100)


@pytest.mark.parametrize(
    ("dates", "credit"), [({}, 0), ({"approved_on": RECENT}, 0), ({"closed_on": D}, 0.5), ({"withdrawn_on": D}, 0.5)]
)
def test_an_open_priority_finding_withholds_the_credit(dates: dict[str, date], credit: float) -> None:
    case = Case().took_part("event", 1, RECENT).finding("A1", "priority", RECENT, **dates)
    assert credit_of(case) == credit


def at(base: float) -> Case:
    """Make a supplier whose survey alone moves all categories: 0.5 x 100 + 0.2 x 100 + 0.3 x answer."""
    answer = (base - 70) / 0.3
    return Case({2024: 100}).audit("vap", RECENT).survey(RECENT, *[answer] * 4)


@pytest.mark.parametrize(("base", "tier"), [(80, "low"), (79.995, "low"), (79.99, "medium")])
def test_exactly_80_is_low_after_rounding(base: float, tier: str) -> None:
    assert scored(at(base)).risk_tier(0) == tier


def test_exactly_60_is_medium_and_a_hair_below_is_high() -> None:
    scores = score(evidence_of([Case({2024: 48.75}), Case({2024: 48.6})]), D, DEFAULT)
    assert scores.base.tolist() == [61.38, 61.36]
    sixty = Case({2024: 35})
    below = Case({2024: 34.9})
    scores = score(evidence_of([sixty, below]), D, DEFAULT)
    assert scores.base.tolist() == [60.0, 59.99]
    assert [scores.risk_tier(0), scores.risk_tier(1)] == ["medium", "high"]
    assert scores.tier_reasons(1) == ["base_below_60"]


def test_the_tier_looks_at_the_base_without_the_credit() -> None:
    scores = scored(at(79).took_part("event", 1, RECENT).took_part("event", 2, RECENT))
    assert scores.score[0] == 80
    assert scores.risk_tier(0) == "medium"


def test_a_single_weak_category_raises_the_tier_and_is_named() -> None:
    case = Case({2024: 90}).audit("vap", RECENT).survey(RECENT, 95, 0, 95, 95)
    case.finding("A1", "major", RECENT, due_on=D)
    scores = scored(case.copy().finding("A2", "major", RECENT, due_on=D))
    assert scores.categories[0, 1] == 57
    assert scores.tier_reasons(0) == ["category_below_60:labor_employment"]
    for _ in range(3):
        case.finding("A2", "major", RECENT, due_on=RECENT)
    scores = scored(case)
    assert scores.categories[0, 1] < 40
    assert scores.tier_reasons(0) == ["category_below_40:labor_employment"]


def test_every_rule_of_the_tier_is_named() -> None:
    case = Case({2024: 20}).asked(date(2026, 6, 1)).finding("A1", "priority", RECENT)
    assert scored(case).tier_reasons(0) == [
        "base_below_60",
        "category_below_40:labor_employment",
        "open_priority_finding",
    ]


def test_a_low_tier_has_no_reasons() -> None:
    scores = scored(at(95))
    assert (scores.risk_tier(0), scores.tier_reasons(0)) == ("low", [])


def test_an_overdue_minor_finding_makes_nobody_medium() -> None:
    assert scored(at(95).finding("A1", "minor", RECENT, due_on=RECENT)).risk_tier(0) == "low"


def test_confidence_is_the_mean_weight_of_what_is_not_assumed() -> None:
    case = Case({2024: 50}).audit("vap", RECENT, CATEGORIES[0]).survey(RECENT, 80, 80, None, None)
    assert scored(case).confidence.tolist() == [0.475]


def test_basis_is_assessed_only_with_half_the_weight_and_some_audit() -> None:
    survey_and_country = Case({2024: 50}).survey(RECENT, 80, 80, 80, 80)
    reviewed = Case().audit("document_review", RECENT)
    one_category = Case({2024: 50}).audit("vap", RECENT, CATEGORIES[0])
    scores = score(evidence_of([survey_and_country, reviewed, one_category]), D, DEFAULT)
    assert [scores.basis_name(row) for row in range(3)] == ["partly", "assessed", "partly"]


def test_basis_is_not_assumed_once_a_finding_counts() -> None:
    assert scored(Case({2024: 50}).finding("A1", "minor", RECENT)).basis_name(0) == "partly"
    assert scored(Case({2024: 50}).finding("A1", "minor", RECENT, withdrawn_on=D)).basis_name(0) == "assumed"
