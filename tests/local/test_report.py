"""The report's words: rules, evidence, reasons and figures as a reader sees them."""

from datetime import date
from typing import Any

import pytest

from local.report.changes import moments_until
from local.report.engagement import in_words
from local.report.evidence import why
from local.report.ranking import grades_in_words, shortened
from local.report.shares import reasons_of, summary, turnover
from local.report.wording import points, rule_in_words


def explanation(tier: str, rules: dict[str, bool], **changes: Any) -> dict[str, Any]:
    """An explanation with one category; `rules` are those of the tier high."""
    survey = {"effect": 20.0, "silent": False, "answer": {"submitted_on": "2025-06-20"}}
    category = {
        "survey": survey | changes.get("survey", {}),
        "audit": {"start_effect": 50.0},
        "inherent": {"effect": 9},
    }
    return {
        "risk_tier": tier,
        "tier_rules": [{"tier": "high", "rule": rule, "met": met} for rule, met in rules.items()],
        "categories": [category],
        "findings": changes.get("findings", []),
        "campaigns": changes.get("campaigns", []),
        "audits": [],
    }


def finding(number: int, severity: str, state: str, effect: float, **dates: str) -> dict[str, Any]:
    days = dict.fromkeys(("discovered_on", "due_on", "plan_approved_on", "implemented_on", "closed_on", "withdrawn_on"))
    counts = state not in ("withdrawn", "not_discovered_yet")
    return {
        "id": f"f{number}",
        "severity": severity,
        "state": state,
        "counts": counts,
        "effect": effect,
        **days,
        **dates,
    }


def test_an_overdue_priority_finding_is_named_with_its_provision_and_day() -> None:
    found = finding(1, "priority", "open", -5.0)
    overdue = finding(1, "priority", "overdue", -7.5, due_on="2026-08-20")
    before = explanation("low", {"open_priority_finding": False}, findings=[found])
    after = explanation("high", {"open_priority_finding": True}, findings=[overdue])
    assert why(before, after, {"f1": "B2"}) == (
        "priority finding not closed; B2 priority overdue after 2026-08-20 (-2.5)"
    )


def test_a_silent_campaign_is_named_with_its_due_date() -> None:
    before = explanation("medium", {"base_below_60": False})
    unanswered = [{"due_on": "2026-06-30", "unanswered": True}]
    after = explanation("high", {"base_below_60": True}, survey={"effect": 0.0, "silent": True}, campaigns=unanswered)
    assert why(before, after, {}) == "base under 60; survey due 2026-06-30 not answered (-20.0)"


def test_an_improvement_names_the_rules_that_apply_no_longer() -> None:
    before = explanation("high", {"category_below_40:labor_employment": True, "base_below_60": False})
    after = explanation(
        "medium",
        {"category_below_40:labor_employment": False, "base_below_60": False},
        survey={"effect": 26.0, "answer": {"submitted_on": "2026-07-03"}},
    )
    assert why(before, after, {}) == "no longer: labor under 40; survey answered 2026-07-03 (+6.0)"


def test_findings_to_which_the_same_happened_are_counted_together() -> None:
    open_ones = [finding(number, "major", "open", -1.5) for number in range(7)]
    overdue = [finding(number, "major", "overdue", -2.25, due_on="2026-05-01") for number in range(7)]
    before = explanation("medium", {"category_below_40:labor_employment": False}, findings=open_ones)
    after = explanation("high", {"category_below_40:labor_employment": True}, findings=overdue)
    assert why(before, after, {}) == "labor under 40; 7 major findings overdue (-5.2)"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("base_below_80", "base under 80"),
        ("category_below_60:environmental_impact", "environment under 60"),
        ("category_below_60:own_category", "own_category under 60"),
        ("open_priority_finding", "priority finding not closed"),
        ("overdue_major", "major finding overdue"),
        ("some_new_rule", "some new rule"),
    ],
)
def test_rules_are_shown_in_words(code: str, words: str) -> None:
    assert rule_in_words(code) == words


def test_the_moments_are_four_quarter_ends_and_today() -> None:
    moments = moments_until("2026Q3", date(2026, 11, 22))
    assert [(moment.name, moment.day.isoformat()) for moment in moments] == [
        ("2025Q4", "2025-12-31"),
        ("2026Q1", "2026-03-31"),
        ("2026Q2", "2026-06-30"),
        ("2026Q3", "2026-09-30"),
        ("today", "2026-11-22"),
    ]


def test_a_quarter_that_is_not_over_ends_today() -> None:
    moments = moments_until("2026Q4", date(2026, 11, 22))
    assert [moment.name for moment in moments] == ["2026Q1", "2026Q2", "2026Q3", "today"]


def line(delta: float | None = 0.0, **changes: Any) -> dict[str, Any]:
    effects = {"score": 0.0, "multiplier": 0.0, "bound": 0.0, "rebalancing": 0.0, "rounding": 0.0}
    values = {"supplier_code": "S1", "delta": delta, "blocked": False, "bound": "none", "reasons": []}
    return {**values, **changes, "effects": {**effects, **changes.get("effects", {})}}


def test_a_share_that_a_limit_stopped_shows_its_effects_and_the_limit() -> None:
    capped = line(bound="capacity", effects={"score": 0.037, "multiplier": -0.004, "bound": -0.011})
    assert reasons_of(capped) == "score +3.7, multiplier -0.4, capacity -1.1"


def test_effects_too_small_to_be_seen_are_left_out_but_the_limit_is_not() -> None:
    assert reasons_of(line(bound="never_less", effects={"score": 0.0001})) == "grade protects"


def test_high_risk_new_sources_and_blocked_suppliers_are_named() -> None:
    assert reasons_of(line(reasons=[{"code": "high_risk"}, {"code": "rebalanced_up"}])) == "high risk"
    assert reasons_of(line(bound="new_source")) == "new source: trial volume"
    assert reasons_of(line(blocked=True, bound="blocked")) == "blocked"


def test_the_summary_names_winner_loser_and_median_and_leaves_out_infeasible_lines() -> None:
    moved = {"commodity": "A", "lines": [line(0.1, supplier_code="W"), line(-0.1, supplier_code="L"), line(0.0)]}
    infeasible = {"commodity": "B", "lines": [line(None)]}
    assert summary([moved, infeasible]) == [
        "3 lines of 2 commodities; median absolute change 10.00 points.",
        "Largest gain +10.0: W in A; largest loss -10.0: L in A.",
    ]
    assert summary([infeasible]) == ["No commodity has a recommendation."]
    assert (turnover(moved), turnover(infeasible)) == (pytest.approx(0.1), 0.0)


def test_a_change_that_rounds_to_nothing_has_no_minus_sign() -> None:
    assert (points(-0.0001), points(-0.0123)) == ("+0.0", "-1.2")


def test_grades_are_counted_from_the_best() -> None:
    cards = [{"grade": grade} for grade in ("D", "A", "not_rated", "A")]
    assert grades_in_words(cards) == "2 A, 1 D, 1 not rated"


def test_long_names_are_cut() -> None:
    assert shortened("Zhuoyan Baihe Metalworks Co.") == "Zhuoyan Baihe M…"
    assert shortened("Short Co.") == "Short Co."


def test_engagement_without_balance_and_ratings_shows_neither() -> None:
    figures = {
        "person_times": 12,
        "session_hours": 2.0,
        "satisfaction_n": 0,
        "course_views": 0,
        "course_completions": 0,
        "distinct_suppliers": 3,
    }
    words = in_words({"cumulative": figures, "period": figures, "opening_balance": None})
    assert words == ["12 person-times, 2 hours of sessions", "0 course views, 0 completions; 3 suppliers took part"]
