"""The sample programme tells the story its README tells, by an independent reading of the formulas."""

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from tests.oracle import plain_allocation, plain_qbr, plain_scoring
from tests.oracle.plain_evidence import records_of, rows_of

SAMPLE = Path(__file__).parents[2] / "local" / "sample"
QUARTERS = ("2025Q4", "2026Q1", "2026Q2", "2026Q3")


def rows(name: str) -> list[dict[str, str]]:
    return list(rows_of(SAMPLE, f"{name}.csv"))


@cache
def scores(day: date) -> dict[str, plain_scoring.PlainScore]:
    return plain_scoring.score_folder(SAMPLE, day)


@cache
def cards(quarter: str) -> dict[str, plain_qbr.PlainCard]:
    return plain_qbr.review_folder(SAMPLE, quarter)


def tiers(supplier: str) -> list[str]:
    return [scores(plain_qbr.last_day_of(quarter))[supplier].risk_tier for quarter in QUARTERS]


def grades(supplier: str) -> list[str]:
    return [cards(quarter)[supplier].grade for quarter in QUARTERS]


@cache
def shares() -> dict[str, tuple[float, float]]:
    """Return every sourced supplier's baseline and recommended share after the review of 2026Q3."""
    by_commodity: dict[str, list[plain_allocation.PlainLine]] = {}
    for row in rows("sourcing"):
        card = cards("2026Q3")[row["supplier_code"]]
        line = plain_allocation.PlainLine(
            supplier_code=row["supplier_code"],
            baseline=float(row["baseline_share"]),
            total=card.total,
            grade=card.grade,
            risk_tier=card.score.risk_tier,
            basis=card.score.basis,
            priority_missed=card.priority_missed,
            capacity=float(row["capacity_share"] or 1),
            max_share=float(row["max_share"] or 1),
            min_share=float(row["min_share"] or 0),
            blocked=row["blocked"] == "true",
        )
        by_commodity.setdefault(row["commodity"], []).append(line)
    return {
        line.supplier_code: (line.baseline, share)
        for lines in by_commodity.values()
        for line, share in zip(lines, plain_allocation.allocate(lines).values(), strict=True)
    }


def test_the_third_quarter_has_a_believable_mix_of_tiers_and_grades() -> None:
    by_tier = Counter(score.risk_tier for score in scores(date(2026, 9, 30)).values())
    assert by_tier == {"high": 9, "medium": 29, "low": 22}
    by_grade = Counter(card.grade for card in cards("2026Q3").values())
    assert by_grade == {"A": 15, "B": 16, "C": 10, "D": 4, "not_rated": 1}


def test_sp_204_improves_from_high_to_low() -> None:
    assert tiers("SP-204") == ["high", "medium", "medium", "low"]
    assert grades("SP-204") == ["C", "B", "B", "A"]
    assert shares()["SP-204"] == (0.20, pytest.approx(0.20))


def test_support_meetings_treat_findings_of_sp_204_that_are_closed_afterwards() -> None:
    closed_on = {row["finding_ref"]: row["closed_on"] for row in rows("findings")}
    events = {event["event_ref"]: event for event in records_of(SAMPLE, "events.json")}
    for ref in ("MTG-2026Q1", "MTG-2026Q2"):
        attending = {row["supplier_code"] for row in rows("attendances") if row["event_ref"] == ref}
        assert "SP-204" in attending
        for finding in events[ref]["findings_treated"]:
            assert closed_on[finding] > events[ref]["ends_at"][:10]


def test_sp_211_lets_a_priority_finding_go_overdue_and_loses_share_to_sp_212() -> None:
    assert tiers("SP-211") == ["low", "low", "low", "high"]
    assert grades("SP-211") == ["B", "B", "B", "D"]
    assert shares()["SP-211"] == (0.42, pytest.approx(0.32))
    assert tiers("SP-212") == ["low"] * 4
    assert grades("SP-212") == ["A"] * 4
    assert shares()["SP-212"] == (0.33, pytest.approx(0.4292, abs=1e-4))
    key = {row["code"] for row in rows("suppliers") if row["kind"] == "key"}
    assert {"SP-211", "SP-212"} <= key


def test_silence_makes_sp_217_high_from_the_day_after_the_due_date() -> None:
    assert tiers("SP-217") == ["medium", "medium", "medium", "high"]
    assert scores(date(2026, 7, 1))["SP-217"].risk_tier == "high"
    assert all(figure < 60 for figure in scores(date(2026, 9, 30))["SP-217"].categories.values())
    assert grades("SP-217")[-1] == "C"
    assert shares()["SP-217"] == (0.36, pytest.approx(0.2754, abs=1e-4))
    assert tiers("SP-230")[-1] == "high"
    assert tiers("SP-305") == ["high"] * 4


def test_sp_223_misses_a_priority_finding_that_nobody_closes() -> None:
    assert tiers("SP-223") == ["medium", "high", "high", "high"]
    assert cards("2026Q2")["SP-223"].priority_missed is False
    assert grades("SP-223")[-1] == "D"
    assert shares()["SP-223"] == (0.22, pytest.approx(0.1417, abs=1e-4))


def test_sp_228_is_c_twice_in_a_row() -> None:
    assert tiers("SP-228") == ["high", "medium", "high", "high"]
    assert grades("SP-228")[1:] == ["B", "C", "C"]


def test_a_fresh_priority_finding_makes_sp_108_c_and_not_d() -> None:
    assert tiers("SP-108") == ["medium", "medium", "medium", "high"]
    assert grades("SP-108")[-1] == "C"


def test_poor_performance_alone_makes_two_suppliers_d() -> None:
    for supplier in ("SP-225", "SP-231"):
        card = cards("2026Q3")[supplier]
        assert (card.grade, card.limits, card.score.risk_tier) == ("D", (), "medium")


def test_a_new_source_gets_its_trial_volume_and_a_blocked_one_nothing() -> None:
    assert cards("2026Q3")["SP-233"].grade == "not_rated"
    assert shares()["SP-233"] == (0.0, 0.03)
    assert shares()["SP-224"] == (0.12, 0.0)


def test_by_november_three_suppliers_have_recovered() -> None:
    september, november = scores(date(2026, 9, 30)), scores(date(2026, 11, 22))
    recovered = {
        code: (september[code].risk_tier, november[code].risk_tier)
        for code in september
        if september[code].risk_tier != november[code].risk_tier
    }
    assert recovered == {
        "SP-102": ("medium", "low"),
        "SP-107": ("high", "medium"),
        "SP-312": ("high", "medium"),
    }


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2027, 6, 30), date(2027, 10, 31)])
def test_the_main_characters_keep_their_tiers_until_late_2027(day: date) -> None:
    told = {"SP-204": "low", "SP-211": "high", "SP-217": "high", "SP-223": "high", "SP-228": "high"}
    assert {code: scores(day)[code].risk_tier for code in told} == told
