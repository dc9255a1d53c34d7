"""Why a review came to what it asks for, in plain words."""

from collections.abc import Callable, Mapping

from services.scoring.domain.qbr.consequences import Consequences
from services.scoring.domain.qbr.constants import ActionKind, Grade, QbrConstants
from services.scoring.domain.qbr.grading import TOP_OF_SCALE, Limit, Review

_OF_LIMIT: Mapping[Limit, Callable[[Review, QbrConstants], str]] = {
    Limit.COVERAGE_TOO_LOW: lambda review, rules: (
        f"What was reported covers {review.coverage:g} of {TOP_OF_SCALE:g} points of weight; a grade needs "
        f"{rules.rated_from_coverage:g}: not rated."
    ),
    Limit.NO_QUALITY_OR_DELIVERY: lambda _review, _rules: "Neither quality nor delivery was reported: not rated.",
    Limit.COVERAGE_INCOMPLETE: lambda review, rules: (
        f"What was reported covers {review.coverage:g} of {TOP_OF_SCALE:g} points of weight; under "
        f"{rules.uncapped_from_coverage:g} the grade is B at best."
    ),
    Limit.RISK_TIER_HIGH: lambda _review, _rules: "The sustainability risk tier is high: the grade is C at best.",
    Limit.RISK_TIER_HIGH_ASSUMED: lambda _review, _rules: (
        "The sustainability risk tier is high for want of evidence alone: the grade is B at best, and the supplier "
        "has to be assessed."
    ),
    Limit.PRIORITY_MISSED: lambda _review, rules: (
        "On the quarter's last day a priority finding was overdue, or was implemented but not closed more than "
        f"{rules.unclosed_allowance_days} days after its due date: D, before all else."
    ),
}


def reasons_of(
    review: Review, follows: Consequences, *, quarters: tuple[str, str], constants: QbrConstants
) -> dict[str, list[str]]:
    """The standing and each action -> its reasons; `quarters` are the one before, and the one reviewed."""
    of_grade = _of_grade(review, constants)
    reasons = {str(follows.standing): of_grade}
    for rule in follows.actions:
        if rule.kind is ActionKind.SPECIAL_AUDIT:
            reasons[rule.kind] = [f"Grade C in {quarters[0]} and again in {quarters[1]}: two C in a row."]
        elif rule.kind is ActionKind.ASSESS:
            reasons[rule.kind] = [_OF_LIMIT[Limit.RISK_TIER_HIGH_ASSUMED](review, constants)]
        else:
            reasons[rule.kind] = of_grade
    return {str(name): [*texts] for name, texts in reasons.items()}


def _of_grade(review: Review, rules: QbrConstants) -> list[str]:
    limits = [_OF_LIMIT[limit](review, rules) for limit in review.limits]
    if review.grade is Grade.NOT_RATED or review.total is None:
        return limits
    return [_band(review.total, rules), *limits]


def _band(total: float, rules: QbrConstants) -> str:
    upper = TOP_OF_SCALE
    for grade, start in (*rules.edges, (Grade.D, 0.0)):
        if total >= start:
            below = "" if upper == TOP_OF_SCALE else "below "
            return f"The total of {total:.2f} lies in the band of {grade}, {start:g} to {below}{upper:g}."
        upper = start
    raise AssertionError("totals are not negative")
