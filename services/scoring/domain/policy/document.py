"""Policies as plain JSON documents: reading what people write, with every fault named, and writing it out again."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.scoring.domain.policy.business import business_document, read_business
from services.scoring.domain.policy.reading import Reader, Section
from services.scoring.domain.policy.rules import (
    ANY,
    DEFAULT,
    KINDS,
    MOST_CATEGORIES,
    SEVERITIES,
    STATES,
    Category,
    Credit,
    Policy,
    ProvisionKey,
    Prudent,
    Severity,
    TierRule,
    Windows,
)

SUM_TOLERANCE = 1e-6  # so that thirds may be written as decimals


def to_dict(policy: Policy) -> dict[str, Any]:
    """Return a policy as a JSON-ready document that `from_dict` reads back as the same policy."""
    credit = policy.credit
    return {
        "name": policy.name,
        "version": policy.version,
        "categories": [{"code": each.code, "weight": each.weight} for each in policy.categories],
        "weights": dict(policy.weights),
        "prudent": {
            "audit": policy.prudent.audit,
            "survey": policy.prudent.survey,
            "percentile_rank": policy.prudent.percentile_rank,
        },
        "starts": {"assessment": policy.assessment_start, "document_review": policy.document_review_start},
        "points": dict(policy.points),
        "factors": dict(policy.factors),
        "windows_months": {
            "audit": policy.windows.audit,
            "survey": policy.windows.survey,
            "participation": policy.windows.participation,
        },
        "credit": credit
        and {
            "cap": credit.cap,
            "event": credit.event,
            "course": credit.course,
            "certificate": credit.certificate,
            "standards": list(credit.standards),
            "withheld_by_open": list(credit.withheld_by_open),
        },
        "tiers": {"high": _tier_document(policy.high), "medium": _tier_document(policy.medium)},
        "basis": {
            "assessed_from_confidence": policy.assessed_from_confidence,
            "assumed_up_to_confidence": policy.assumed_up_to_confidence,
        },
        "provisions": [{**key._asdict(), "category": category} for key, category in policy.provisions.items()],
        "sections": dict(policy.sections),
        **business_document(policy),
    }


def from_dict(document: Mapping[str, Any]) -> Policy:
    """Read a policy; what is left out is as in policy `default`, but a kind of evidence left out weighs 0.

    `credit: null` gives no credit; a tier rule left out never applies. Raises Invalid with a JSON Pointer for each
    thing that is wrong.
    """
    reader = Reader()
    top = reader.section(document, "")
    categories = _categories(top)
    codes = [category.code for category in categories]
    prudent, starts = top.section("prudent"), top.section("starts")
    points, factors, basis = top.section("points"), top.section("factors"), top.section("basis")
    windows = top.section("windows_months")
    tiers = top.section("tiers") if top.has("tiers") else None
    policy = Policy(
        name=top.text("name", None),
        version=top.whole("version", None, least=1, most=2**31 - 1),
        categories=categories,
        provisions=_provisions(top, codes),
        sections=_sections(top, codes),
        weights=_weights(top),
        prudent=Prudent(
            audit=prudent.number("audit", DEFAULT.prudent.audit),
            survey=prudent.number("survey", DEFAULT.prudent.survey),
            percentile_rank=prudent.number("percentile_rank", DEFAULT.prudent.percentile_rank),
        ),
        assessment_start=starts.number("assessment", DEFAULT.assessment_start),
        document_review_start=starts.number("document_review", DEFAULT.document_review_start),
        points={each: points.number(each, DEFAULT.points[each]) for each in SEVERITIES},
        factors={each: factors.number(each, DEFAULT.factors[each]) for each in STATES},
        windows=Windows(
            audit=windows.whole("audit", DEFAULT.windows.audit, least=1, most=600),
            survey=windows.whole("survey", DEFAULT.windows.survey, least=1, most=600),
            participation=windows.whole("participation", DEFAULT.windows.participation, least=1, most=600),
        ),
        credit=_credit(top),
        high=DEFAULT.high if tiers is None else _tier_rule(tiers.section("high")),
        medium=DEFAULT.medium if tiers is None else _tier_rule(tiers.section("medium")),
        assessed_from_confidence=basis.number("assessed_from_confidence", DEFAULT.assessed_from_confidence, most=1),
        assumed_up_to_confidence=basis.number("assumed_up_to_confidence", DEFAULT.assumed_up_to_confidence, most=1),
        **read_business(top),
    )
    _check_tiers(top, policy)
    reader.raise_faults("the policy is not usable")
    return policy


def _check_tiers(top: Section, policy: Policy) -> None:
    """The bands of the tiers: high below medium below low, so that every base lies in exactly one."""
    for name in ("base_below", "category_below"):
        high, medium = getattr(policy.high, name), getattr(policy.medium, name)
        if high is not None and medium is not None and medium < high:
            top.fault(f"tiers/medium/{name}", f"must not lie below that of high ({high:g})")
    if policy.assumed_up_to_confidence >= policy.assessed_from_confidence:
        top.fault("basis/assumed_up_to_confidence", "must lie below assessed_from_confidence")


def _tier_document(rule: TierRule) -> dict[str, Any]:
    return {
        "base_below": rule.base_below,
        "category_below": rule.category_below,
        "open_findings": list(rule.open_findings),
        "overdue_findings": list(rule.overdue_findings),
    }


def _tier_rule(section: Section) -> TierRule:
    return TierRule(
        base_below=section.number_or_none("base_below"),
        category_below=section.number_or_none("category_below"),
        open_findings=_severities(section, "open_findings", ()),
        overdue_findings=_severities(section, "overdue_findings", ()),
    )


def _severities(section: Section, key: str, default: Sequence[Severity]) -> tuple[Severity, ...]:
    named = section.texts(key, default, allowed=SEVERITIES)
    return tuple(severity for severity in SEVERITIES if severity in named)


def _categories(top: Section) -> tuple[Category, ...]:
    sections = top.sections("categories")
    categories = tuple(Category(each.text("code", None), each.number("weight", None, most=1)) for each in sections)
    if not 1 <= len(categories) <= MOST_CATEGORIES:
        top.fault("categories", f"there must be 1 to {MOST_CATEGORIES} categories")
    elif len({category.code for category in categories}) < len(categories):
        top.fault("categories", "two categories have the same code")
    elif abs(sum(category.weight for category in categories) - 1) > SUM_TOLERANCE:
        top.fault("categories", "the weights of the categories must sum to 1")
    return categories


def _weights(top: Section) -> Mapping[Any, float]:
    if not top.has("weights"):
        return DEFAULT.weights
    section = top.section("weights")
    weights = {kind: section.number(kind, 0.0, most=1) for kind in KINDS}
    if abs(sum(weights.values()) - 1) > SUM_TOLERANCE:
        top.fault("weights", "the weights of audit, survey and inherent must sum to 1")
    return weights


def _credit(top: Section) -> Credit | None:
    if top.is_null("credit"):
        return None
    section, default = top.section("credit"), Credit()
    return Credit(
        cap=section.number("cap", default.cap),
        event=section.number("event", default.event),
        course=section.number("course", default.course),
        certificate=section.number("certificate", default.certificate),
        standards=section.texts("standards", default.standards),
        withheld_by_open=_severities(section, "withheld_by_open", default.withheld_by_open),
    )


def _provisions(top: Section, codes: Sequence[str]) -> dict[ProvisionKey, str]:
    if not top.has("provisions"):
        return {key: code for key, code in DEFAULT.provisions.items() if code in codes}
    provisions: dict[ProvisionKey, str] = {}
    for each in top.sections("provisions"):
        key = ProvisionKey(each.text("standard", None), each.text("version", None), each.text("provision", None))
        if key in provisions:
            each.fault("provision", "this provision is mapped twice")
        provisions[key] = each.text("category", None, allowed=codes)
    return provisions


def _sections(top: Section, codes: Sequence[str]) -> dict[str, str]:
    """Read the fallback by section letter; a single category takes all that nothing else names."""
    if not top.has("sections"):
        sections = {letter: code for letter, code in DEFAULT.sections.items() if code in codes}
        if len(codes) == 1:
            return {ANY: codes[0]}
    else:
        section = top.section("sections")
        sections = {letter: section.text(letter, None, allowed=codes) for letter in section.keys_as_letters(ANY)}
    if ANY not in sections:
        top.fault("sections", f"name the category of all other sections as {ANY}")
    return sections
