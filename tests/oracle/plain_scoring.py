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
from tests.oracle.plain_policy import PlainPolicy, PlainTier

BY_THE_FORMULAS = PlainPolicy()
NOT_CLOSED = ("open", "plan_approved", "overdue")
ASSESSMENTS = ("vap", "cma", "supplemental", "internal", "closure")


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


def score_supplier(
    supplier: Supplier, ranks: CountryRanks, day: date, policy: PlainPolicy = BY_THE_FORMULAS
) -> PlainScore:
    """Score one supplier at the end of a day."""
    inherent, inherent_assumed = inherent_figure(supplier.country, ranks, day, policy)
    exact: dict[str, Fraction] = {}
    confidence = Fraction(0)
    anything_assessed = False
    any_unanswered = False
    for category, weight in policy.categories.items():
        audit, audit_assumed = audit_figure(supplier, category, day, policy)
        survey, survey_assumed, unanswered = survey_figure(supplier, category, day, policy)
        exact[category] = (
            policy.audit_weight * audit + policy.survey_weight * survey + policy.inherent_weight * inherent
        )
        confidence += 0 if audit_assumed else weight * policy.audit_weight
        confidence += 0 if survey_assumed else weight * policy.survey_weight
        confidence += 0 if inherent_assumed else weight * policy.inherent_weight
        anything_assessed = anything_assessed or not audit_assumed
        any_unanswered = any_unanswered or (unanswered and policy.survey_weight > 0)
    base = sum((weight * exact[category] for category, weight in policy.categories.items()), Fraction(0))
    credit = credit_of(supplier, day, policy)
    any_finding_counted = any(state_on(finding, day, policy) for finding in supplier.findings)
    if confidence >= policy.assessed_from and anything_assessed:
        basis = "assessed"
    elif confidence <= policy.assumed_up_to and not any_finding_counted and not any_unanswered:
        basis = "assumed"
    else:
        basis = "partly"
    categories = {category: rounded(figure) for category, figure in exact.items()}
    tier, reasons = tier_of(supplier, rounded(base), categories, day, policy)
    return PlainScore(
        supplier_code=supplier.code,
        score=rounded(min(Fraction(100), base + credit)),
        base=rounded(base),
        risk_tier=tier,
        tier_reasons=reasons,
        categories=categories,
        credit=rounded(credit),
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


def state_on(finding: Finding, day: date, policy: PlainPolicy = BY_THE_FORMULAS) -> str | None:
    """Return the state that counts on a day, or None where the finding counts nothing."""
    if finding.discovered_on > day or by(finding.withdrawn_on, day):
        return None
    if by(finding.closed_on, day):
        return "closed" if finding.discovered_on > months_before(day, policy.audit_months) else None
    if due_on(finding) < day and not by(finding.implemented_on, day):
        return "overdue"
    if by(finding.plan_approved_on, day) or by(finding.implemented_on, day):
        return "plan_approved"
    return "open"


def deduction(finding: Finding, day: date, policy: PlainPolicy) -> Fraction:
    """Return points x factor on a day."""
    state = state_on(finding, day, policy)
    return policy.points[finding.severity] * policy.factors[state] if state else Fraction(0)


def site_of(finding: Finding) -> str:
    """Return the site a finding belongs to; the blank site is a site of its own."""
    if finding.site is not None:
        return finding.site
    return finding.audit.site if finding.audit else ""


def sites_covered(
    supplier: Supplier, category: str, kinds: tuple[str, ...], day: date, policy: PlainPolicy
) -> set[str]:
    """Return the sites where an audit of these kinds covered the category in the last (24) months."""

    def covers(audit: Audit) -> bool:
        in_window = months_before(day, policy.audit_months) < audit.conducted_on <= day
        return audit.kind in kinds and in_window and (not audit.scope or category in audit.scope)

    return {audit.site for audit in supplier.audits if covers(audit)}


def audit_figure(
    supplier: Supplier, category: str, day: date, policy: PlainPolicy = BY_THE_FORMULAS
) -> tuple[Fraction, bool]:
    """Return A of a category and whether it is assumed."""
    assessed = sites_covered(supplier, category, ASSESSMENTS, day, policy)
    reviewed = sites_covered(supplier, category, ("document_review",), day, policy) - assessed
    findings = [finding for finding in supplier.findings if policy.category_of(finding) == category]
    start = dict.fromkeys(reviewed, policy.review_start) | dict.fromkeys(assessed, policy.assessment_start)
    figure = audit_figure_over(start, findings, day, policy)
    if assessed and reviewed:
        # without them: a site that only has a document review is then a site not assessed
        without = audit_figure_over(dict.fromkeys(assessed, policy.assessment_start), findings, day, policy)
        figure = max(figure, without)
    return figure, not start


def audit_figure_over(start: dict[str, Fraction], findings: list[Finding], day: date, policy: PlainPolicy) -> Fraction:
    """Return A where exactly these sites count as assessed, each starting at its a0."""
    per_site = []
    for site, a0 in start.items():
        there = sum((deduction(f, day, policy) for f in findings if site_of(f) == site), Fraction(0))
        per_site.append(max(Fraction(0), a0 - there))
    elsewhere = sum((deduction(f, day, policy) for f in findings if site_of(f) not in start), Fraction(0))
    if per_site:
        mean_of_sites = sum(per_site, Fraction(0)) / len(per_site)
        before = (mean_of_sites + min(per_site)) / 2
    else:
        before = policy.assumed_audit
    return max(Fraction(0), before - elsewhere)


def survey_figure(supplier: Supplier, category: str, day: date, policy: PlainPolicy) -> tuple[Fraction, bool, bool]:
    """Return S of a category, whether it is assumed, and whether a survey stands unanswered."""
    start = months_before(day, policy.survey_months)
    in_window = [s for s in supplier.surveys if s.category == category and start < s.submitted_on <= day]
    latest = max(in_window, key=lambda survey: (survey.submitted_on, survey.year), default=None)
    answered_years = {survey.year for survey in supplier.surveys if survey.submitted_on <= day}
    for campaign in supplier.campaigns:
        was_due = start < campaign.due_on < day
        after_latest = latest is None or campaign.due_on > latest.submitted_on
        if was_due and after_latest and campaign.year not in answered_years:
            return Fraction(0), True, True
    return (latest.score, False, False) if latest else (policy.assumed_survey, True, False)


def inherent_figure(country: str, ranks: CountryRanks, day: date, policy: PlainPolicy) -> tuple[Fraction, bool]:
    """Return I and whether it is assumed."""
    by_year = ranks.get(country)
    if not by_year:
        return 50 + policy.assumed_rank / 2, True
    past = [year for year in by_year if year <= day.year]
    return 50 + by_year[max(past) if past else min(by_year)] / 2, False


def has_finding(supplier: Supplier, severity: str, states: tuple[str, ...], day: date) -> bool:
    """Tell whether some finding of a severity is in one of these states on a day."""
    return any(state_on(finding, day) in states for finding in supplier.findings if finding.severity == severity)


def credit_of(supplier: Supplier, day: date, policy: PlainPolicy) -> Fraction:
    """Return the credit for engagement and certificates, at most (3)."""
    rule = policy.credit
    if rule is None or any(has_finding(supplier, severity, NOT_CLOSED, day) for severity in rule.withheld_by):
        return Fraction(0)
    start = months_before(day, policy.participation_months)
    events = {ref for ref, kind, on in supplier.events_attended if kind in ("forum", "training") and start < on <= day}
    courses = {ref for ref, on in supplier.courses_completed if start < on <= day}
    held = {c.standard for c in supplier.certificates if c.valid_from <= day <= c.valid_until}
    certificates = held.intersection(rule.standards)
    earned = rule.event * len(events) + rule.course * len(courses) + rule.certificate * len(certificates)
    return min(rule.cap, earned)


def tier_of(
    supplier: Supplier, base: float, categories: dict[str, float], day: date, policy: PlainPolicy
) -> tuple[str, tuple[str, ...]]:
    """Return the risk tier and every rule that applied, from the rounded base and categories."""
    high = rules_met(policy.high, supplier, base, categories, day)
    medium = rules_met(policy.medium, supplier, base, categories, day)
    # What is under the limit of high goes without saying where that of medium is told.
    above = {what: words for what, words in medium.items() if what not in high}
    reasons = (*high.values(), *above.values())
    return ("high" if high else "medium" if medium else "low"), reasons


def rules_met(
    tier: PlainTier, supplier: Supplier, base: float, categories: dict[str, float], day: date
) -> dict[str, str]:
    """Return what meets a tier's rules, and each rule in words."""
    met: dict[str, str] = {}
    if tier.base_below is not None and base < tier.base_below:
        met["base"] = f"base under {float(tier.base_below):g}"
    for category, figure in categories.items():
        if tier.category_below is not None and figure < tier.category_below:
            met[category] = f"{category} under {float(tier.category_below):g}"
    for severity in tier.not_closed:
        if has_finding(supplier, severity, NOT_CLOSED, day):
            met[f"{severity} not closed"] = f"{severity} finding not closed"
    for severity in tier.overdue:
        if has_finding(supplier, severity, ("overdue",), day):
            met[f"{severity} overdue"] = f"{severity} finding overdue"
    return met
