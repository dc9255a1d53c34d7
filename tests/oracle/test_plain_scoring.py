"""The plain reading holds against the worked examples, and reads real public data."""

from datetime import date
from fractions import Fraction
from pathlib import Path

from tests.oracle import plain_policy, plain_scoring
from tests.oracle.plain_evidence import Audit, Campaign, Finding, Supplier, Survey

DAY = date(2026, 9, 30)
RANKS = {"TW": {2025: Fraction("62.5")}, "DE": {2025: Fraction(90)}}


def audited(conducted_on: date, kind: str = "vap", site: str = "") -> Audit:
    return Audit(site=site, kind=kind, scope=[], conducted_on=conducted_on, report_received_on=None)


def answers(*scores: int) -> list[Survey]:
    return [
        Survey(2026, category, Fraction(score), date(2026, 6, 1))
        for category, score in zip(plain_policy.CATEGORIES, scores, strict=True)
    ]


def events(kind: str, count: int) -> list[tuple[str, str, date]]:
    return [(f"{kind}-{number}", kind, date(2026, 5, 1)) for number in range(count)]


def finding(audit: Audit | None, provision: str, severity: str, discovered_on: date, **dates: date) -> Finding:
    return Finding(
        ref=f"{provision}-{discovered_on}",
        audit=audit,
        standard="RBA",
        version="8.0",
        provision=provision,
        severity=severity,
        discovered_on=discovered_on,
        **dates,
    )


def test_the_first_worked_example_is_medium_for_its_overdue_major() -> None:
    vap = audited(date(2026, 3, 1))
    supplier = Supplier("S1", "TW", audits=[vap], surveys=answers(90, 70, 85, 80))
    supplier.findings = [
        finding(vap, "A3", "major", date(2026, 3, 1), given_due_on=date(2026, 9, 12)),
        finding(vap, "C3", "minor", date(2026, 3, 1), closed_on=date(2026, 5, 1)),
    ]
    supplier.events_attended = events("training", 2)
    supplier.courses_completed = [("iso-14001", date(2026, 5, 1))]
    result = plain_scoring.score_supplier(supplier, RANKS, DAY)
    assert list(result.categories.values()) == [93.25, 78.25, 91.45, 90.25]
    assert (result.base, result.credit, result.score) == (88.30, 1.25, 89.55)
    assert (result.risk_tier, result.tier_reasons) == ("medium", ("major finding overdue",))
    assert (result.confidence, result.basis) == (1.0, "assessed")


def test_the_second_worked_example_is_all_prudence() -> None:
    result = plain_scoring.score_supplier(Supplier("S2", "TW"), RANKS, DAY)
    assert list(result.categories.values()) == [62.75] * 4
    assert (result.score, result.risk_tier) == (62.75, "medium")
    assert (result.confidence, result.basis) == (0.2, "assumed")


def test_the_third_worked_example_pays_for_its_silence() -> None:
    supplier = Supplier("S3", "TW", campaigns=[Campaign(2026, date(2026, 6, 30))])
    result = plain_scoring.score_supplier(supplier, RANKS, DAY)
    assert list(result.categories.values()) == [46.25] * 4
    assert (result.risk_tier, result.basis) == ("high", "partly")


def test_the_fourth_worked_example_is_high_for_its_priority_finding() -> None:
    vap = audited(date(2026, 8, 1))
    supplier = Supplier("S4", "DE", audits=[vap], surveys=answers(95, 95, 95, 95))
    supplier.findings = [
        finding(vap, "A1", "priority", date(2026, 8, 1), plan_approved_on=date(2026, 8, 9)),
    ]
    supplier.events_attended = events("training", 5)
    result = plain_scoring.score_supplier(supplier, RANKS, DAY)
    assert plain_scoring.due_on(supplier.findings[0]) == date(2026, 10, 30)
    assert list(result.categories.values()) == [97.5, 85.5, 97.5, 97.5]
    assert (result.score, result.credit, result.risk_tier) == (94.50, 0.0, "high")


def test_months_before_keeps_to_the_last_day_of_a_shorter_month() -> None:
    assert plain_scoring.months_before(date(2026, 8, 31), 18) == date(2025, 2, 28)
    assert plain_scoring.months_before(date(2026, 1, 31), 24) == date(2024, 1, 31)
    assert plain_scoring.months_before(date(2026, 12, 31), 6) == date(2026, 6, 30)
    assert plain_scoring.months_before(date(2026, 3, 31), 3) == date(2025, 12, 31)


def test_half_a_cent_is_rounded_up() -> None:
    assert plain_scoring.rounded(Fraction("88.125")) == 88.13
    assert plain_scoring.rounded(Fraction("88.1249")) == 88.12


def test_a_document_review_of_a_second_site_never_lowers_the_audit_figure() -> None:
    alone = Supplier("S5", audits=[audited(date(2026, 1, 1), site="north")])
    both = Supplier("S5", audits=[*alone.audits, audited(date(2026, 1, 1), "document_review", "south")])
    assert plain_scoring.audit_figure(both, "labor_employment", DAY) == (Fraction(100), False)


def test_the_worst_site_weighs_as_much_as_the_mean_of_all() -> None:
    north, south = audited(date(2026, 1, 1), site="north"), audited(date(2026, 1, 1), site="south")
    supplier = Supplier("S6", audits=[north, south])
    supplier.findings = [finding(south, "A3", "priority", date(2026, 9, 1))]
    assert plain_scoring.audit_figure(supplier, "labor_employment", DAY)[0] == Fraction(70)


def test_a_finding_at_a_site_not_assessed_deducts_from_the_whole() -> None:
    supplier = Supplier("S7", audits=[audited(date(2026, 1, 1), site="north")])
    supplier.findings = [finding(None, "A3", "major", date(2026, 9, 1))]
    assert plain_scoring.audit_figure(supplier, "labor_employment", DAY)[0] == Fraction(88)


def test_every_supplier_of_the_public_electronics_data_gets_a_score(shared_data: Path) -> None:
    scores = plain_scoring.score_folder(shared_data / "electronics", date(2016, 12, 31))
    assert len(scores) == 447
    assert {result.risk_tier for result in scores.values()} == {"medium", "high"}
    assert scores["S0031"].categories["labor_employment"] == 30.62
    assert scores["S0382"].tier_reasons == ("base under 80", "environmental_impact under 60")
