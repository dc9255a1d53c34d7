"""Policies as data: other categories, weights and bands, and what is refused."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.explanation import explain
from services.scoring.domain.policy import COVERS_NONE, DEFAULT, MappedCategory
from services.scoring.domain.policy.document import from_dict, to_dict
from services.scoring.domain.score import score
from shared.errors import Invalid
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of
from tests.scoring.domain.policy_cases import business_documents, documents

AUDIT_ONLY: dict[str, Any] = {
    "name": "audits only",
    "version": 3,
    "categories": [{"code": "sustainability", "weight": 1}],
    "weights": {"audit": 1},
    "points": {"priority": 7, "major": 4, "minor": 2},
    "factors": {"open": 1, "plan_approved": 1, "overdue": 1, "closed": 1},
    "credit": None,
    "tiers": {"high": {"base_below": 60}, "medium": {"base_below": 80}},
}
RECENT = date(2026, 5, 1)


def test_the_default_policy_survives_being_written_and_read() -> None:
    assert from_dict(to_dict(DEFAULT)) == DEFAULT


@settings(max_examples=100, deadline=None)
@given(documents(), business_documents())
def test_any_policy_survives_being_written_and_read(scores: dict[str, Any], business: dict[str, Any]) -> None:
    document = scores | business
    policy = from_dict(document)
    written = to_dict(policy)
    assert from_dict(written) == policy
    assert json.loads(json.dumps(written)) == written
    assert written.keys() == document.keys()


def test_what_is_left_out_is_as_in_the_default_policy() -> None:
    categories = to_dict(DEFAULT)["categories"]
    read = from_dict({"name": "default", "version": 1, "categories": categories})
    assert read == DEFAULT


def test_a_policy_without_credit_survives_being_written_and_read() -> None:
    policy = from_dict(AUDIT_ONLY)
    assert from_dict(to_dict(policy)) == policy


def test_rba_8_0_maps_all_42_provisions() -> None:
    assert len(DEFAULT.provisions) == 42
    counted = {code: list(DEFAULT.provisions.values()).count(code) for code in DEFAULT.category_index}
    assert counted == {
        "management_system": 19,
        "labor_employment": 14,
        "environmental_impact": 7,
        "product_liability": 2,
    }


@pytest.mark.parametrize(
    ("standard", "version", "provision", "category", "by_section"),
    [
        ("RBA", "8.0", "C6", "product_liability", False),
        ("RBA", "7.0", "C6", "environmental_impact", True),
        ("RBA", "7.0", "A7", "labor_employment", True),
        ("SA8000", "2014", "B1", "labor_employment", True),
        ("RBA", "8.0", "D7", "product_liability", False),
        ("ISO 45001", "2018", "9.1", "management_system", True),
    ],
)
def test_a_provision_belongs_to_a_code_version(
    standard: str, version: str, provision: str, category: str, by_section: bool
) -> None:
    expected = MappedCategory(DEFAULT.category_index[category], by_section)
    assert DEFAULT.category_of(standard, version, provision) == expected


def test_a_star_maps_all_that_a_version_does_not_name() -> None:
    document = to_dict(DEFAULT)
    document["provisions"] = [
        {"standard": "SMETA", "version": "7", "provision": "*", "category": "labor_employment"},
        {"standard": "SMETA", "version": "7", "provision": "D1", "category": "product_liability"},
    ]
    policy = from_dict(document)
    assert policy.category_of("SMETA", "7", "D1").category == policy.category_index["product_liability"]
    assert policy.category_of("SMETA", "7", "D2") == MappedCategory(1, by_section=False)


def test_scopes_become_bits() -> None:
    assert DEFAULT.scope_mask([]) == 0
    assert DEFAULT.scope_mask(["product_liability", "management_system"]) == 0b1001
    assert DEFAULT.scope_mask(["elsewhere"]) == COVERS_NONE


@pytest.mark.parametrize(
    ("findings", "expected", "tier"),
    [([], 100, "low"), (["priority", "major", "minor"], 87, "low"), (["priority"] * 6, 58, "high")],
)
def test_a_policy_of_audits_alone_gives_100_less_the_points_in_bands(
    findings: list[str], expected: float, tier: str
) -> None:
    policy = from_dict(AUDIT_ONLY)
    case = Case({2024: 10}).audit("vap", RECENT).took_part("event", 1, RECENT).asked(RECENT)
    for number, severity in enumerate(findings):
        case.finding(f"A{number}", severity, RECENT, closed_on=D if number % 2 else None, due_on=RECENT)
    scores = score(evidence_of([case], policy), D, policy)
    assert scores.score.tolist() == [expected]
    assert scores.categories.tolist() == [[expected]]
    assert scores.risk_tier(0) == tier
    assert scores.confidence.tolist() == [1]


def test_inspections_that_assess_nothing_deduct_from_the_prudent_figure() -> None:
    policy = from_dict(AUDIT_ONLY | {"prudent": {"audit": 100}})
    case = Case().audit("regulatory", RECENT).finding("A1", "major", RECENT).finding("B2", "minor", RECENT)
    assert score(evidence_of([case], policy), D, policy).score.tolist() == [94]


def test_silence_says_nothing_under_a_policy_that_gives_surveys_no_weight() -> None:
    policy = from_dict(AUDIT_ONLY)
    scores = score(evidence_of([Case().asked(RECENT)], policy), D, policy)
    assert (scores.score[0], scores.basis_name(0)) == (60, "assumed")


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(1, 8), st.booleans())
def test_any_number_of_categories_scores_and_explains(case: Case, number: int, credited: bool) -> None:
    document = {
        "name": "parts",
        "version": 1,
        "categories": [{"code": f"part_{part}", "weight": round(1 / number, 7)} for part in range(number)],
        "provisions": [],
        "sections": {"A": f"part_{number - 1}", "*": "part_0"},
        "weights": {"audit": 0.7, "inherent": 0.3},
    } | ({} if credited else {"credit": None})
    policy = from_dict(document)
    evidence = evidence_of([case], policy)
    scores = score(evidence, D, policy)
    assert 0 <= scores.score[0] <= 100
    told = explain(evidence, scores, 0, policy, D)
    assert sum(part["points"] for part in told["parts"]) == pytest.approx(told["score"], abs=1e-9)
    assert (told["credit"] is not None) == credited


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"version": 0}, "/version"),
        ({"version": True}, "/version"),
        ({"name": " "}, "/name"),
        ({"categories": []}, "/categories"),
        ({"categories": [{"code": "a", "weight": 0.5}]}, "/categories"),
        ({"categories": [{"code": "a", "weight": 0.5}] * 2}, "/categories"),
        ({"categories": [{"code": "a", "weight": "1"}]}, "/categories/0/weight"),
        ({"categories": [{"weight": 1}]}, "/categories/0/code"),
        ({"categories": "labor"}, "/categories"),
        ({"weights": {"audit": 0.5}}, "/weights"),
        ({"points": {"priority": -1}}, "/points/priority"),
        ({"points": {"priority": float("nan")}}, "/points/priority"),
        ({"points": {"severe": 1}}, "/points/severe"),
        ({"points": None}, "/points"),
        ({"windows_months": {"audit": 0}}, "/windows_months/audit"),
        ({"windows_months": {"audit": 2.5}}, "/windows_months/audit"),
        ({"tiers": {"high": {"base_below": 101}}}, "/tiers/high/base_below"),
        ({"tiers": {"high": {"open_findings": ["grave"]}}}, "/tiers/high/open_findings/0"),
        ({"tiers": {"low": {}}}, "/tiers/low"),
        ({"provisions": [{"standard": "RBA"}]}, "/provisions/0/version"),
        ({"sections": {"A": "sustainability"}}, "/sections"),
        ({"sections": {"A": "nowhere", "*": "sustainability"}}, "/sections/A"),
        ({"sections": {"AB": "sustainability", "*": "sustainability"}}, "/sections/AB"),
        ({"credit": {"standards": "ISO 14001"}}, "/credit/standards"),
        ({"colour": "green"}, "/colour"),
    ],
)
def test_a_faulty_policy_is_refused_with_a_pointer_to_each_fault(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_dict(AUDIT_ONLY | change)
    assert pointer in [fault.pointer for fault in refused.value.fields]


def test_a_missing_name_version_and_categories_are_all_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        from_dict({})
    assert {"/name", "/version", "/categories"} <= {fault.pointer for fault in refused.value.fields}
