"""A second, slow reading of the sustainability score, sentence by sentence and in exact fractions.

It shares no code with the services, so that an error would have to be made twice to go unnoticed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path

from tests.oracle.plain_evidence import (
    Audit,
    CountryRanks,
    Finding,
    Supplier,
    read_country_ranks,
    read_suppliers,
)

CATEGORIES = ("management_system", "labor_employment", "environmental_impact", "product_liability")
AUDIT_WEIGHT, SURVEY_WEIGHT, INHERENT_WEIGHT = Fraction(5, 10), Fraction(3, 10), Fraction(2, 10)
ASSESSMENTS = ("vap", "cma", "supplemental", "internal", "closure")
POINTS = {"priority": 40, "major": 12, "minor": 3}
FACTORS = {
    "open": Fraction(10, 10),
    "plan_approved": Fraction(6, 10),
    "overdue": Fraction(15, 10),
    "closed": Fraction(2, 10),
}
CREDITED_CERTIFICATES = ("ISO 14001", "ISO 45001", "ISO 50001")


@dataclass(frozen=True)
class PlainScore:
    """What a supplier gets on a day; figures are rounded as published, confidence is a share of 1."""

    supplier_code: str
    score: float
    base: float
    risk_tier: str
    tier_reasons: tuple[str, ...]
    categories: dict[str, float]
    credit: float
    confidence: float
    basis: str


def score_folder(folder: Path, day: date, today: date | None = None) -> dict[str, PlainScore]:
    """Score every supplier of a folder of import files on a day; `today` dates undated surveys."""
    ranks = read_country_ranks(folder)
    suppliers = read_suppliers(folder, today or date.today())  # noqa: DTZ011 - only a default for trials
    return {code: score_supplier(supplier, ranks, day) for code, supplier in suppliers.items()}


def score_supplier(supplier: Supplier, ranks: CountryRanks, day: date) -> PlainScore:
    """Score one supplier at the end of a day."""
    inherent, inherent_assumed = inherent_figure(supplier.country, ranks, day)
    exact: dict[str, Fraction] = {}
    known_weight = Fraction(0)
    anything_assessed = False
    any_unanswered = False
    for category in CATEGORIES:
        audit, audit_assumed = audit_figure(supplier, category, day)
        survey, survey_assumed, unanswered = survey_figure(supplier, category, day)
        exact[category] = AUDIT_WEIGHT * audit + SURVEY_WEIGHT * survey + INHERENT_WEIGHT * inherent
        known_weight += 0 if audit_assumed else AUDIT_WEIGHT
        known_weight += 0 if survey_assumed else SURVEY_WEIGHT
        known_weight += 0 if inherent_assumed else INHERENT_WEIGHT
        anything_assessed = anything_assessed or not audit_assumed
        any_unanswered = any_unanswered or unanswered
    base = sum(exact.values(), Fraction(0)) / len(CATEGORIES)
    credit = credit_of(supplier, day)
    confidence = known_weight / len(CATEGORIES)
    any_finding_counted = any(state_on(finding, day) for finding in supplier.findings)
    if confidence >= Fraction(1, 2) and anything_assessed:
        basis = "assessed"
    elif confidence <= Fraction(2, 10) and not any_finding_counted and not any_unanswered:
        basis = "assumed"
    else:
        basis = "partly"
    categories = {category: rounded(figure) for category, figure in exact.items()}
    tier, reasons = tier_of(supplier, rounded(base), categories, day)
    return PlainScore(
        supplier_code=supplier.code,
        score=rounded(min(Fraction(100), base + credit)),
        base=rounded(base),
        risk_tier=tier,
        tier_reasons=reasons,
        categories=categories,
        credit=float(credit),
        confidence=float(confidence),
        basis=basis,
    )


def rounded(exact: Fraction) -> float:
    """Round half up to two decimals, with the tolerance that all readings of the formula share."""
    return floor(100 * exact + Fraction(1, 2) + Fraction(1, 10**9)) / 100


def months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last day."""
    month_number = day.year * 12 + (day.month - 1) - months
    year, month = divmod(month_number, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last_day = (first_of_next - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last_day))


def category_of(finding: Finding) -> str:
    """Return the category a provision counts for: RBA 8.0 by its table, all others by section letter."""
    if finding.standard == "RBA" and finding.version == "8.0" and finding.provision in ("C6", "D7"):
        return "product_liability"
    if finding.provision[:1] in ("A", "B"):
        return "labor_employment"
    if finding.provision[:1] == "C":
        return "environmental_impact"
    return "management_system"


def due_on(finding: Finding) -> date:
    """Return the day by which a finding must be implemented."""
    if finding.given_due_on:
        return finding.given_due_on
    if finding.severity == "priority":
        days = 30 if finding.provision[:1] in ("B", "C") else 90
        return finding.discovered_on + timedelta(days=days)
    if finding.audit and finding.audit.report_received_on:
        report_on = finding.audit.report_received_on
    elif finding.audit:
        report_on = finding.audit.conducted_on + timedelta(days=60)
    else:
        report_on = finding.discovered_on + timedelta(days=60)
    return report_on + timedelta(days=180 if finding.severity == "major" else 270)


def by(event_on: date | None, day: date) -> bool:
    """Tell whether something happened and did so by the end of the day."""
    return event_on is not None and event_on <= day


def state_on(finding: Finding, day: date) -> str | None:
    """Return the state that counts on a day, or None where the finding counts nothing."""
    if finding.discovered_on > day or by(finding.withdrawn_on, day):
        return None
    if by(finding.closed_on, day):
        return "closed" if finding.discovered_on > months_before(day, 24) else None
    if due_on(finding) < day and not by(finding.implemented_on, day):
        return "overdue"
    if by(finding.plan_approved_on, day) or by(finding.implemented_on, day):
        return "plan_approved"
    return "open"


def deduction(finding: Finding, day: date) -> Fraction:
    """Return points x factor on a day."""
    state = state_on(finding, day)
    return POINTS[finding.severity] * FACTORS[state] if state else Fraction(0)


def site_of(finding: Finding) -> str:
    """Return the site a finding belongs to; the blank site is a site of its own."""
    if finding.site is not None:
        return finding.site
    return finding.audit.site if finding.audit else ""


def sites_covered(supplier: Supplier, category: str, kinds: tuple[str, ...], day: date) -> set[str]:
    """Return the sites where an audit of these kinds covered the category in the last 24 months."""

    def covers(audit: Audit) -> bool:
        in_window = months_before(day, 24) < audit.conducted_on <= day
        return audit.kind in kinds and in_window and (not audit.scope or category in audit.scope)

    return {audit.site for audit in supplier.audits if covers(audit)}


def audit_figure(supplier: Supplier, category: str, day: date) -> tuple[Fraction, bool]:
    """Return A of a category and whether it is assumed."""
    assessed = sites_covered(supplier, category, ASSESSMENTS, day)
    reviewed = sites_covered(supplier, category, ("document_review",), day) - assessed
    findings = [finding for finding in supplier.findings if category_of(finding) == category]
    start = dict.fromkeys(reviewed, Fraction(75)) | dict.fromkeys(assessed, Fraction(100))
    figure = audit_figure_over(start, findings, day)
    if assessed and reviewed:
        # without them: a site that only has a document review is then a site not assessed
        without = audit_figure_over(dict.fromkeys(assessed, Fraction(100)), findings, day)
        figure = max(figure, without)
    return figure, not start


def audit_figure_over(start: dict[str, Fraction], findings: list[Finding], day: date) -> Fraction:
    """Return A where exactly these sites count as assessed, each starting at its a0."""
    per_site = []
    for site, a0 in start.items():
        there = sum((deduction(f, day) for f in findings if site_of(f) == site), Fraction(0))
        per_site.append(max(Fraction(0), a0 - there))
    elsewhere = sum((deduction(f, day) for f in findings if site_of(f) not in start), Fraction(0))
    if per_site:
        mean_of_sites = sum(per_site, Fraction(0)) / len(per_site)
        before = (mean_of_sites + min(per_site)) / 2
    else:
        before = Fraction(60)
    return max(Fraction(0), before - elsewhere)


def survey_figure(supplier: Supplier, category: str, day: date) -> tuple[Fraction, bool, bool]:
    """Return S of a category, whether it is assumed, and whether a survey stands unanswered."""
    start = months_before(day, 18)
    in_window = [s for s in supplier.surveys if s.category == category and start < s.submitted_on <= day]
    latest = max(in_window, key=lambda survey: (survey.submitted_on, survey.year), default=None)
    answered_years = {survey.year for survey in supplier.surveys if survey.submitted_on <= day}
    for campaign in supplier.campaigns:
        was_due = start < campaign.due_on < day
        after_latest = latest is None or campaign.due_on > latest.submitted_on
        if was_due and after_latest and campaign.year not in answered_years:
            return Fraction(0), True, True
    return (latest.score, False, False) if latest else (Fraction(55), True, False)


def inherent_figure(country: str, ranks: CountryRanks, day: date) -> tuple[Fraction, bool]:
    """Return I and whether it is assumed."""
    by_year = ranks.get(country)
    if not by_year:
        return Fraction(50), True
    past = [year for year in by_year if year <= day.year]
    return 50 + by_year[max(past) if past else min(by_year)] / 2, False


def has_open_priority(supplier: Supplier, day: date) -> bool:
    """Tell whether some priority finding is not closed on a day."""
    priority = [finding for finding in supplier.findings if finding.severity == "priority"]
    return any(state_on(f, day) in ("open", "plan_approved", "overdue") for f in priority)


def credit_of(supplier: Supplier, day: date) -> Fraction:
    """Return the credit for engagement and certificates, at most 3."""
    if has_open_priority(supplier, day):
        return Fraction(0)
    start = months_before(day, 12)
    events = {ref for ref, kind, on in supplier.events_attended if kind in ("forum", "training") and start < on <= day}
    courses = {ref for ref, on in supplier.courses_completed if start < on <= day}
    held = {c.standard for c in supplier.certificates if c.valid_from <= day <= c.valid_until}
    certificates = held.intersection(CREDITED_CERTIFICATES)
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    return min(Fraction(3), half * len(events) + quarter * len(courses) + half * len(certificates))


def tier_of(supplier: Supplier, base: float, categories: dict[str, float], day: date) -> tuple[str, tuple[str, ...]]:
    """Return the risk tier and every rule that applied, from the rounded base and categories."""
    reasons: list[str] = []
    if base < 60:
        reasons.append("base under 60")
    reasons += [f"{category} under 40" for category in CATEGORIES if categories[category] < 40]
    if has_open_priority(supplier, day):
        reasons.append("priority finding not closed")
    high = bool(reasons)
    if 60 <= base < 80:
        reasons.append("base under 80")
    reasons += [f"{category} under 60" for category in CATEGORIES if 40 <= categories[category] < 60]
    majors = [finding for finding in supplier.findings if finding.severity == "major"]
    if any(state_on(finding, day) == "overdue" for finding in majors):
        reasons.append("major finding overdue")
    if high:
        return "high", tuple(reasons)
    return ("medium" if reasons else "low"), tuple(reasons)
