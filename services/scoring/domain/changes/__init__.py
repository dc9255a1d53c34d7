"""What changed between two scores of a supplier, and by how much: evidence by evidence, adding up exactly.

Both scores come as their explanations. What belongs to one category and kind of evidence is told apart exactly, since a
score is a sum of these. Within an audit figure, where effects depend on each other (mean and worst of the sites,
floors), pieces change one after the other in a fixed order, and each is given what the figure moved by then. A change
of the policy comes first: it is what the old evidence is worth under the new rules.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from services.scoring.domain.changes.audits import audit_changes
from services.scoring.domain.changes.contribution import Contribution
from services.scoring.domain.changes.credits import credit_changes
from services.scoring.domain.changes.surveys import inherent_changes, survey_changes
from services.scoring.domain.explanation.sums import in_millionths
from services.scoring.domain.policy import Policy

__all__ = ["Contribution", "explain_changes"]

Explanation = dict[str, Any]
LAST = ("limit_of_100", "rounding")
SIDE = (
    "as_of", "policy_version", "score", "base", "risk_tier", "tier_reasons", "basis", "confidence",
)  # fmt: skip


def explain_changes(
    before: Explanation, repriced: Explanation, after: Explanation, policy: Policy, day: date
) -> dict[str, Any]:
    """Explain the difference of two scores; JSON-ready.

    `repriced` is `before` under `policy`, that of `after`, the score of `day`. The points of `contributions` have six
    decimals and sum to `difference`; those of the greatest effect come first, the limit and the rounding last.
    """
    found = [
        *_policy_change(before, repriced),
        *audit_changes(repriced, after, policy, day),
        *survey_changes(repriced, after),
        *inherent_changes(repriced, after),
        *credit_changes(repriced["credit"], after["credit"]),
    ]
    found.sort(key=lambda one: (-abs(one.points), one.cause, one.id or ""))
    limit = _limit(after) - _limit(before)
    if limit:
        found.append(Contribution("limit_of_100", "limit", None, limit))
    difference = Decimal(str(after["score"])) - Decimal(str(before["score"]))
    exact = [in_millionths(one.points) for one in found]
    rounding = difference - sum(exact)
    contributions = [one.as_dict(float(points)) for one, points in zip(found, exact, strict=True)]
    if rounding:
        contributions.append(Contribution("rounding", "rounding", None, 0.0).as_dict(float(rounding)))
    return {
        "before": _side(before),
        "after": _side(after),
        "difference": float(difference),
        "tier_reasons_new": [reason for reason in after["tier_reasons"] if reason not in before["tier_reasons"]],
        "tier_reasons_gone": [reason for reason in before["tier_reasons"] if reason not in after["tier_reasons"]],
        "contributions": contributions,
    }


def _policy_change(before: Explanation, repriced: Explanation) -> Iterator[Contribution]:
    if before["policy_version"] != repriced["policy_version"]:
        names = ("policy", "policy_version")
        sides = [{name: each[name] for name in names} for each in (before, repriced)]
        points = repriced["sums"]["total"] - before["sums"]["total"]
        yield Contribution("policy_changed", "policy", None, points, before=sides[0], after=sides[1])


def _limit(explanation: Explanation) -> float:
    return float(explanation["sums"]["at_most_100"] - explanation["sums"]["total"])


def _side(explanation: Explanation) -> dict[str, Any]:
    side = {name: explanation[name] for name in SIDE}
    side["credit"] = explanation["sums"]["credit"]
    side["categories"] = {each["category"]: each["score"] for each in explanation["categories"]}
    return side
