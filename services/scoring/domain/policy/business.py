"""The parts of a policy's document that say what follows from scores: approaches, reviews, allocations."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from services.scoring.domain.allocation.constants import AllocationConstants
from services.scoring.domain.policy.reading import Section
from services.scoring.domain.policy.rules import (
    DEFAULT_APPROACHES,
    RISK_TIERS,
    Approach,
    Identification,
    Overrides,
    Policy,
    RiskTier,
)
from services.scoring.domain.qbr.constants import (
    ActionKind,
    ActionRule,
    Dimension,
    Grade,
    OwnerRole,
    QbrConstants,
    Spread,
)

TOP_OF_SCALE = 100.0
WEIGHT_TOLERANCE = 1e-4  # of 100, so that thirds may be written as decimals
MOST_DAYS = 3660
MOST_SPEND = 1e15
LARGEST_MULTIPLIER = 10.0
BANDS = (Grade.A, Grade.B, Grade.C, Grade.D)


def business_document(policy: Policy) -> dict[str, Any]:
    """These parts of a policy, as `read_business` reads them."""
    rules, shares = policy.qbr, policy.allocation
    edges = (TOP_OF_SCALE, rules.a_from, rules.b_from, rules.c_from, 0.0)
    return {
        "approaches": {
            tier: {
                "text": policy.approaches[tier].text,
                "required_actions": [*policy.approaches[tier].required_actions],
            }
            for tier in RISK_TIERS
        },
        "identification": {
            "least_annual_spend": policy.identification.least_annual_spend,
            "currency": policy.identification.currency,
        },
        "overrides": {
            "longest_tier_override_days": policy.overrides.longest_tier_override_days,
            "second_person_above_shift": policy.overrides.second_person_above_shift,
        },
        "qbr": {
            "weights": {str(name): weight for name, weight in zip(Dimension, rules.weights, strict=True)},
            "grades": [{"grade": str(grade), "from": edges[n + 1], "to": edges[n]} for n, grade in enumerate(BANDS)],
            "rated_from_coverage": rules.rated_from_coverage,
            "uncapped_from_coverage": rules.uncapped_from_coverage,
            "unclosed_allowance_days": rules.unclosed_allowance_days,
            "spread": {"largest_part": rules.spread.largest_part, "edge_distance": rules.spread.edge_distance},
            "actions": [
                {"kind": str(rule.kind), "owner_role": str(rule.owner_role), "due_days": rule.due_days}
                for rule in rules.actions
            ],
        },
        "allocation": {
            "multiplier_knots": [{"score": score, "multiplier": times} for score, times in shares.multiplier_knots],
            "not_rated_multiplier": shares.not_rated_multiplier,
            "high_risk_multiplier_cap": shares.high_risk_multiplier_cap,
            "priority_missed_multiplier_cap": shares.priority_missed_multiplier_cap,
            "score_scale": shares.score_scale,
            "shift": shares.shift,
            "grade_a_keeps": shares.grade_a_keeps,
            "grade_b_keeps": shares.grade_b_keeps,
            "share_sum_tolerance": shares.share_sum_tolerance,
        },
    }


def read_business(top: Section) -> dict[str, Any]:
    """The policy's fields for these parts; what is left out is as in policy `default`."""
    return {
        "approaches": _approaches(top.section("approaches")),
        "identification": _identification(top.section("identification")),
        "overrides": _overrides(top.section("overrides")),
        "qbr": _qbr(top.section("qbr")),
        "allocation": _allocation(top.section("allocation")),
    }


def _approaches(section: Section) -> Mapping[RiskTier, Approach]:
    approaches = {}
    for tier in RISK_TIERS:
        default = DEFAULT_APPROACHES[tier]
        given = section.section(tier)
        approaches[tier] = Approach(
            given.text("text", default.text), given.texts("required_actions", default.required_actions)
        )
    return approaches


def _identification(section: Section) -> Identification:
    least = section.number_or_none("least_annual_spend", most=MOST_SPEND)
    currency = None if section.is_null("currency") or not section.has("currency") else section.text("currency", None)
    if (least is None) != (currency is None):
        section.fault("currency", "least_annual_spend and currency go together")
    return Identification(least, currency)


def _overrides(section: Section) -> Overrides:
    default = Overrides()
    return Overrides(
        section.whole("longest_tier_override_days", default.longest_tier_override_days, least=1, most=MOST_DAYS),
        section.number("second_person_above_shift", default.second_person_above_shift, most=1),
    )


def _qbr(section: Section) -> QbrConstants:
    default = QbrConstants()
    weights = _weights(section, default)
    a_from, b_from, c_from = _edges(section, default)
    rated = section.number("rated_from_coverage", default.rated_from_coverage)
    uncapped = section.number("uncapped_from_coverage", default.uncapped_from_coverage)
    if uncapped < rated:
        section.fault("uncapped_from_coverage", "must not lie below rated_from_coverage")
    return QbrConstants(
        **{f"{dimension}_weight": weight for dimension, weight in weights.items()},
        a_from=a_from,
        b_from=b_from,
        c_from=c_from,
        rated_from_coverage=rated,
        uncapped_from_coverage=uncapped,
        unclosed_allowance_days=section.whole(
            "unclosed_allowance_days", default.unclosed_allowance_days, least=0, most=MOST_DAYS
        ),
        spread=_spread(section.section("spread"), default.spread),
        actions=_actions(section, default),
    )


def _weights(section: Section, default: QbrConstants) -> Mapping[Dimension, float]:
    if not section.has("weights"):
        return dict(zip(Dimension, default.weights, strict=True))
    given = section.section("weights")
    weights = {dimension: given.number(dimension, 0.0) for dimension in Dimension}
    if abs(sum(weights.values()) - TOP_OF_SCALE) > WEIGHT_TOLERANCE:
        section.fault("weights", "the weights of the dimensions must sum to 100")
    return weights


def _edges(section: Section, default: QbrConstants) -> tuple[float, float, float]:
    """Where A, B and C begin: bands from the best to the worst, half-open, the best one closed at 100."""
    if not section.has("grades"):
        return default.a_from, default.b_from, default.c_from
    bands = section.sections("grades")
    if len(bands) != len(BANDS):
        section.fault("grades", "there must be one band for each of A, B, C and D, in this order")
        return default.a_from, default.b_from, default.c_from
    upper, starts = TOP_OF_SCALE, []
    for grade, band in zip(BANDS, bands, strict=True):
        band.text("grade", None, allowed=(grade,))
        start, end = band.number("from", None), band.number("to", None)
        if end != upper:
            band.fault("to", f"must be {upper:g}, where the band above begins: no gap, no overlap, closed at 100")
        if start >= end:
            band.fault("from", "must lie below `to`")
        upper = start
        starts.append(start)
    if starts[-1] != 0:
        bands[-1].fault("from", "must be 0: every total has a grade")
    return starts[0], starts[1], starts[2]


def _spread(section: Section, default: Spread) -> Spread:
    return Spread(
        largest_part=_above_zero(section, "largest_part", default.largest_part, most=1),
        edge_distance=section.number("edge_distance", default.edge_distance),
    )


def _actions(section: Section, default: QbrConstants) -> tuple[ActionRule, ...]:
    if not section.has("actions"):
        return default.actions
    rules: dict[str, ActionRule] = {}
    for each in section.sections("actions"):
        kind = each.text("kind", None, allowed=tuple(ActionKind))
        owner = each.text("owner_role", None, allowed=tuple(OwnerRole))
        days = each.whole("due_days", None, least=0, most=MOST_DAYS)
        if kind in rules:
            each.fault("kind", "this kind comes twice")
        if kind in tuple(ActionKind) and owner in tuple(OwnerRole):
            rules[kind] = ActionRule(ActionKind(kind), OwnerRole(owner), days)
    missing = [kind for kind in ActionKind if kind not in rules]
    if missing:
        section.fault("actions", f"there is no rule for {', '.join(missing)}")
    return tuple(rules[kind] for kind in ActionKind if kind in rules)


def _allocation(section: Section) -> AllocationConstants:
    default = AllocationConstants()
    return AllocationConstants(
        multiplier_knots=_knots(section, default),
        not_rated_multiplier=section.number(
            "not_rated_multiplier", default.not_rated_multiplier, most=LARGEST_MULTIPLIER
        ),
        high_risk_multiplier_cap=section.number(
            "high_risk_multiplier_cap", default.high_risk_multiplier_cap, most=LARGEST_MULTIPLIER
        ),
        priority_missed_multiplier_cap=section.number(
            "priority_missed_multiplier_cap", default.priority_missed_multiplier_cap, most=LARGEST_MULTIPLIER
        ),
        score_scale=_above_zero(section, "score_scale", default.score_scale, most=10_000),
        shift=_above_zero(section, "shift", default.shift, most=1),
        grade_a_keeps=section.number("grade_a_keeps", default.grade_a_keeps, most=1),
        grade_b_keeps=section.number("grade_b_keeps", default.grade_b_keeps, most=1),
        share_sum_tolerance=section.number("share_sum_tolerance", default.share_sum_tolerance, most=0.1),
    )


def _knots(section: Section, default: AllocationConstants) -> tuple[tuple[float, float], ...]:
    if not section.has("multiplier_knots"):
        return default.multiplier_knots
    knots: list[tuple[float, float]] = []
    for each in section.sections("multiplier_knots"):
        score, times = each.number("score", None), each.number("multiplier", None, most=LARGEST_MULTIPLIER)
        if knots and score <= knots[-1][0]:
            each.fault("score", "must lie above the one before")
        if knots and times < knots[-1][1]:
            each.fault("multiplier", "must not fall: a better score never gets less")
        knots.append((score, times))
    if not knots:
        section.fault("multiplier_knots", "there must be at least one")
    ascending = all(left[0] < right[0] for left, right in pairwise(knots))
    return tuple(knots) if knots and ascending else default.multiplier_knots


def _above_zero(section: Section, key: str, default: float, *, most: float) -> float:
    value = section.number(key, default, most=most)
    if value <= 0:
        section.fault(key, "must lie above 0")
        return default
    return value
