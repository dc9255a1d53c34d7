"""The explanation of a score names its evidence, and its parts add up."""

import json
from datetime import date
from decimal import Decimal
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.explanation import explain
from services.scoring.domain.policy import DEFAULT, Policy
from services.scoring.domain.score import score
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of
from tests.scoring.domain.policy_cases import policies

RECENT = date(2026, 5, 1)


def explained(case: Case) -> dict[str, Any]:
    evidence = evidence_of([case])
    return explain(evidence, score(evidence, D, DEFAULT), 0, DEFAULT, D)


@settings(max_examples=60, deadline=None)
@given(st.lists(cases(), min_size=1, max_size=3), policies())
def test_the_parts_of_every_explanation_add_up(batch: list[Case], policy: Policy) -> None:
    evidence = evidence_of(batch, policy)
    scores = score(evidence, D, policy)
    for row in range(len(batch)):
        told = explain(evidence, scores, row, policy, D)
        json.dumps(told, allow_nan=False)
        # as they are written, not as binary fractions: a reader who adds them up by hand gets the score
        assert sum(Decimal(str(part["points"])) for part in told["parts"]) == Decimal(str(told["score"]))
        rounding = told["parts"][-1]
        assert rounding["part"] == "rounding"
        assert abs(rounding["points"]) <= 0.005 + 1e-6 * len(told["parts"])
        assert all(finding["effect"] <= 0 for finding in told["findings"])
        for category in told["categories"]:
            effects = [finding["effect"] for finding in told["findings"] if finding["category"] == category["category"]]
            audit = category["audit"]
            assert audit["start_effect"] + sum(effects) == pytest.approx(audit["effect"], abs=1e-9)
            exact = sum(category[kind]["effect"] for kind in ("audit", "survey", "inherent"))
            assert exact == pytest.approx(category["weight"] * category["score"], abs=0.005 + 1e-9)
        assert len(told["findings"]) == len(batch[row].findings)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_the_sums_can_be_checked_by_hand(case: Case) -> None:
    told = explained(case)
    sums = told["sums"]
    for line, category in zip(sums["categories"], told["categories"], strict=True):
        audit = category["audit"]
        standing = 60 if audit["mean_of_sites"] is None else (audit["mean_of_sites"] + audit["worst_of_sites"]) / 2
        figure = max(0, standing - audit["deducted_at_sites_not_assessed"])
        assert line["audit"]["figure"] == pytest.approx(figure, abs=1e-8)
        exact = sum(line[kind]["weight"] * line[kind]["figure"] for kind in ("audit", "survey", "inherent"))
        assert line["exact"] == pytest.approx(exact, abs=1e-8)
        assert line["points"] == pytest.approx(line["weight"] * line["exact"], abs=1e-8)
    assert sums["base"]["exact"] == pytest.approx(sum(line["points"] for line in sums["categories"]), abs=1e-8)
    assert sums["total"] == pytest.approx(sums["base"]["exact"] + sums["credit"], abs=1e-8)
    assert sums["at_most_100"] == min(100, sums["total"])
    assert told["score"] == floor(100 * sums["at_most_100"] + 0.5 + 1e-9) / 100


def test_each_piece_of_evidence_shows_with_its_id_dates_points_factor_and_effect() -> None:
    case = Case({2024: 62.5}).audit("vap", RECENT)
    told = explained(case.finding("A3", "major", RECENT, due_on=date(2026, 9, 12)))
    (finding,) = told["findings"]
    assert finding == {
        "id": "finding-0-0",
        "standard": "RBA",
        "code_version": "8.0",
        "provision": "A3",
        "site": None,
        "category": "labor_employment",
        "category_by_section_letter": False,
        "severity": "major",
        "discovered_on": "2026-05-01",
        "due_on": "2026-09-12",
        "plan_approved_on": None,
        "implemented_on": None,
        "closed_on": None,
        "withdrawn_on": None,
        "state": "overdue",
        "counts": True,
        "points": 12.0,
        "factor": 1.5,
        "deduction": 18.0,
        "effect": -0.25 * 0.5 * 18,
    }
    assert told["audits"][0]["id"] == "audit-0-0"
    assert told["policy"] == "default"
    assert told["policy_version"] == 1
    assert told["as_of"] == "2026-09-30"
    assert told["valid_until"] == "2028-04-30"
    assert told["tier_reasons"] == ["overdue_major"]
    assert {"tier": "medium", "rule": "overdue_major", "met": True} in told["tier_rules"]


def test_what_is_assumed_is_listed() -> None:
    told = explained(Case({2024: 50}).audit("vap", RECENT, "labor_employment"))
    assert "labor_employment.survey" in told["assumed"]
    assert "labor_employment.audit" not in told["assumed"]
    assert "product_liability.audit" in told["assumed"]
    assert not any(name.endswith("inherent") for name in told["assumed"])


def test_a_provision_outside_the_map_is_said_to_count_by_its_section_letter() -> None:
    told = explained(Case().finding("A99", "minor", RECENT))
    assert told["findings"][0]["category_by_section_letter"]
    assert told["findings"][0]["category"] == "labor_employment"


def test_findings_that_do_not_count_show_why() -> None:
    case = Case().finding("A1", "minor", RECENT, withdrawn_on=RECENT)
    case.finding("A1", "minor", date(2026, 10, 1)).finding("A1", "minor", date(2020, 1, 1), closed_on=RECENT)
    told = explained(case)
    assert [(each["state"], each["counts"], each["effect"]) for each in told["findings"]] == [
        ("withdrawn", False, 0),
        ("not_discovered_yet", False, 0),
        ("closed", False, 0),
    ]


def test_deductions_beyond_what_there_was_to_lose_share_it() -> None:
    told = explained(Case().finding("A1", "priority", RECENT).finding("A1", "priority", RECENT))
    effects = [each["effect"] for each in told["findings"]]
    assert effects == [pytest.approx(-0.25 * 0.5 * 30)] * 2


def test_the_credit_shows_what_it_is_made_of() -> None:
    case = Case().took_part("event", 1, RECENT).took_part("event", 1, D).took_part("uncredited", 2, D)
    credit = explained(case.certificate("ISO 14001", RECENT, D).finding("A1", "priority", RECENT))["credit"]
    assert credit["before_cap"] == 1.0
    assert credit["points"] == 0
    assert credit["withheld_by_open_finding"]
    assert credit["events"] == {"distinct": 1, "points_each": 0.5}
    assert [each["counts"] for each in credit["participation"]] == [True, True, False]
    assert credit["held_certificates"][0]["standard"] == "ISO 14001"


def test_the_silent_campaign_and_the_answer_it_voids_are_both_shown() -> None:
    told = explained(Case().survey(date(2026, 2, 1), 80, 80, 80, 80).asked(RECENT))
    survey = told["categories"][0]["survey"]
    assert survey["silent"]
    assert survey["figure"] == 0
    assert survey["answer"]["score"] == 80
    assert survey["unanswered"] == {"id": "campaign-0-0", "due_on": "2026-05-01"}
    assert told["campaigns"] == [
        {"id": "campaign-0-0", "due_on": "2026-05-01", "submitted_on": None, "unanswered": True}
    ]
