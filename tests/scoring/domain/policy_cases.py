"""Policies generated at random, as whole documents; in some of them worse evidence never is the better one."""

from typing import Any

from hypothesis import strategies as st

from services.scoring.domain.policy import DEFAULT, SEVERITIES, STATES, Policy
from services.scoring.domain.policy.document import from_dict
from tests.scoring.domain.evidence_cases import CATEGORIES, PROVISIONS

FEWEST_TO_MOST = ("closed", "plan_approved", "open", "overdue")
OTHER_CATEGORIES = ("water", "minerals", "fire_safety", "wages")
ACTIONS = (
    ("recognition", "procurement"),
    ("improvement_plan", "procurement"),
    ("special_audit", "sustainability"),
    ("no_new_business", "procurement"),
    ("phase_out_plan", "sustainability"),
    ("assess", "sustainability"),
)

hundredths = st.integers(0, 10_000).map(lambda whole: whole / 100)


@st.composite
def parts(draw: st.DrawFn, number: int, whole: int = 100) -> list[int]:
    """Generate so many whole numbers that sum to `whole`; some may be 0."""
    cuts = sorted(draw(st.lists(st.integers(0, whole), min_size=number - 1, max_size=number - 1)))
    return [end - start for start, end in zip([0, *cuts], [*cuts, whole], strict=True)]


@st.composite
def worst(draw: st.DrawFn) -> list[str]:
    """Generate some severities, the worst ones."""
    return list(SEVERITIES[: draw(st.integers(0, len(SEVERITIES)))])


@st.composite
def documents(draw: st.DrawFn, *, ordered: bool = False) -> dict[str, Any]:
    """Generate all of a document that scores rest on; an `ordered` one has points, factors and severities in order."""
    named = [*CATEGORIES, *OTHER_CATEGORIES]
    codes = draw(st.lists(st.sampled_from(named), min_size=1, max_size=8, unique=True))
    points = draw(st.lists(hundredths, min_size=3, max_size=3))
    factors = draw(st.lists(st.integers(0, 30).map(lambda tenths: tenths / 10), min_size=4, max_size=4))
    if ordered:
        points, factors = sorted(points, reverse=True), sorted(factors)
    severities = worst() if ordered else st.lists(st.sampled_from(SEVERITIES), unique=True)
    limits = sorted(draw(st.lists(hundredths, min_size=2, max_size=2)))
    category_limits = sorted(draw(st.lists(hundredths, min_size=2, max_size=2)))
    starts = draw(st.lists(hundredths, min_size=2, max_size=2))
    figures = st.fixed_dictionaries(dict.fromkeys(("cap", "event", "course", "certificate"), hundredths))
    credit = draw(st.none() | figures)
    if credit is not None:
        credit |= {
            "standards": draw(st.lists(st.sampled_from(["ISO 14001", "ISO 45001", "ISO 9001"]), unique=True)),
            "withheld_by_open": draw(severities),
        }
    category = st.sampled_from(codes)
    mapped = draw(st.lists(st.sampled_from([*PROVISIONS, "*"]), unique=True))
    lettered = draw(st.lists(st.sampled_from("ABCDE"), unique=True))
    return {
        "name": draw(st.sampled_from(["trial", "stricter", "新政策"])),
        "version": draw(st.integers(1, 2**15 - 1)),
        "categories": [
            {"code": code, "weight": part / 100} for code, part in zip(codes, draw(parts(len(codes))), strict=True)
        ],
        "weights": dict(zip(("audit", "survey", "inherent"), (part / 100 for part in draw(parts(3))), strict=True)),
        "prudent": {name: draw(hundredths) for name in ("audit", "survey", "percentile_rank")},
        "starts": dict(zip(("document_review", "assessment"), sorted(starts) if ordered else starts, strict=True)),
        "points": dict(zip(SEVERITIES, points, strict=True)),
        "factors": dict(zip(FEWEST_TO_MOST if ordered else STATES, factors, strict=True)),
        "windows_months": {name: draw(st.integers(1, 60)) for name in ("audit", "survey", "participation")},
        "credit": credit,
        "tiers": {
            tier: {
                "base_below": draw(st.none() | st.just(limits[place])),
                "category_below": draw(st.none() | st.just(category_limits[place])),
                "open_findings": draw(severities),
                "overdue_findings": draw(severities),
            }
            for place, tier in enumerate(("high", "medium"))
        },
        "basis": {"assessed_from_confidence": 0.6, "assumed_up_to_confidence": draw(st.sampled_from([0, 0.2, 0.5]))},
        "provisions": [
            {"standard": "RBA", "version": "8.0", "provision": each, "category": draw(category)} for each in mapped
        ],
        "sections": {letter: draw(category) for letter in [*lettered, "*"]},
    }


@st.composite
def business_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Generate the parts about what follows from scores."""
    edges = sorted(draw(st.lists(st.integers(1, 99), min_size=3, max_size=3, unique=True)), reverse=True)
    coverages = sorted(draw(st.lists(hundredths, min_size=2, max_size=2)))
    spend = draw(st.none() | st.integers(0, 10**9))
    knots = draw(st.lists(st.integers(0, 100), min_size=1, max_size=5, unique=True).map(sorted))
    rising = sorted(draw(st.lists(st.integers(0, 200), min_size=len(knots), max_size=len(knots))))
    shares = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
    return {
        "approaches": {
            tier: {
                "text": draw(st.sampled_from(["Visit.", "Ask."])),
                "required_actions": draw(st.lists(st.sampled_from(["visit", "survey"]))),
            }
            for tier in ("high", "medium", "low")
        },
        "identification": {"least_annual_spend": spend, "currency": None if spend is None else "TWD"},
        "overrides": {
            "longest_tier_override_days": draw(st.integers(1, 3660)),
            "second_person_above_shift": draw(shares),
        },
        "qbr": {
            "weights": dict(
                zip(("quality", "cost", "delivery", "service", "sustainability"), draw(parts(5)), strict=True)
            ),
            "grades": [
                {"grade": grade, "from": start, "to": end}
                for grade, start, end in zip("ABCD", [*edges, 0], [100, *edges], strict=True)
            ],
            "rated_from_coverage": coverages[0],
            "uncapped_from_coverage": coverages[1],
            "unclosed_allowance_days": draw(st.integers(0, 400)),
            "actions": [
                {"kind": kind, "owner_role": owner, "due_days": draw(st.integers(0, 400))} for kind, owner in ACTIONS
            ],
        },
        "allocation": {
            "multiplier_knots": [
                {"score": score, "multiplier": times / 100} for score, times in zip(knots, rising, strict=True)
            ],
            "not_rated_multiplier": draw(shares),
            "high_risk_multiplier_cap": draw(shares),
            "priority_missed_multiplier_cap": draw(shares),
            "score_scale": draw(st.integers(1, 1000)),
            "shift": draw(st.integers(1, 100)) / 100,
            "grade_a_keeps": draw(shares),
            "grade_b_keeps": draw(shares),
            "share_sum_tolerance": draw(st.sampled_from([0, 0.001, 0.1])),
        },
    }


def policies(*, ordered: bool = False) -> st.SearchStrategy[Policy]:
    """Generate policies, the default one among them."""
    return st.just(DEFAULT) | documents(ordered=ordered).map(from_dict)
