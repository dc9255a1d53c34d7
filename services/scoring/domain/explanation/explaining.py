"""Putting the explanation of one score together: each category, the credit, and the sum that they make."""

from datetime import date
from decimal import Decimal
from typing import Any

from services.scoring.domain.evidence import Evidence
from services.scoring.domain.explanation import items
from services.scoring.domain.explanation.audit import AuditParts, iso
from services.scoring.domain.explanation.sums import in_millionths, sums
from services.scoring.domain.policy import Policy
from services.scoring.domain.score import Scores


def explain(evidence: Evidence, scores: Scores, supplier: int, policy: Policy, day: date) -> dict[str, Any]:
    """Explain row `supplier` of `scores`, which have to be those of this evidence, policy and day; JSON-ready.

    The points of `parts`, which have six decimals, sum to the score exactly; `sums` is the same to be checked by hand.
    A finding's effect is its share of what its category lost.
    """
    audit = AuditParts(evidence, scores, supplier, policy, day)
    categories: list[dict[str, Any]] = [
        {
            "category": category.code,
            "weight": category.weight,
            "score": float(scores.categories[supplier, index]),
            "audit": audit.category(index),
            "survey": items.survey(evidence, scores, supplier, index, policy),
            "inherent": items.inherent(evidence, scores, supplier, index, policy),
        }
        for index, category in enumerate(policy.categories)
    ]
    findings = [audit.finding(row) for row in audit.findings.tolist()]
    return {
        "policy": policy.name,
        "policy_version": policy.version,
        "as_of": day.isoformat(),
        "score": float(scores.score[supplier]),
        "base": float(scores.base[supplier]),
        "risk_tier": scores.risk_tier(supplier),
        "tier_reasons": scores.tier_reasons(supplier),
        "tier_rules": [
            {"tier": tier, "rule": code, "met": bool(met)}
            for (tier, code), met in zip(scores.tiers.rules, scores.tiers.met[supplier], strict=True)
        ],
        "basis": scores.basis_name(supplier),
        "confidence": float(scores.confidence[supplier]),
        "valid_until": iso(scores.valid_until[supplier]),
        "assumed": [
            f"{each['category']}.{kind}"
            for each in categories
            for kind in ("audit", "survey", "inherent")
            if each[kind]["assumed"]
        ],
        "categories": categories,
        "audits": items.audits(evidence, supplier, policy, day),
        "findings": findings,
        "campaigns": items.campaigns(evidence, supplier, policy, day),
        "credit": items.credit_items(evidence, scores, supplier, policy, day),
        "sums": sums(categories, scores, supplier),
        "parts": _parts(categories, findings, scores, supplier),
    }


def _parts(
    categories: list[dict[str, Any]], findings: list[dict[str, Any]], scores: Scores, supplier: int
) -> list[dict[str, Any]]:
    """Return the terms of the score, the limit of 100 and the rounding among them."""
    parts: list[dict[str, Any]] = []
    for each in categories:
        name = each["category"]
        parts.append({"part": f"{name}.audit", "points": each["audit"]["start_effect"]})
        parts += [
            {"part": f"{name}.finding", "id": finding["id"], "points": finding["effect"]}
            for finding in findings
            if finding["category"] == name and finding["counts"]
        ]
        parts.append({"part": f"{name}.survey", "points": each["survey"]["effect"]})
        parts.append({"part": f"{name}.inherent", "points": each["inherent"]["effect"]})
    credit = float(scores.detail.credit.points[supplier])
    total = float(scores.exact_base[supplier]) + credit
    parts.append({"part": "credit", "points": credit})
    parts.append({"part": "limit_of_100", "points": min(100.0, total) - total})
    exact = [in_millionths(part["points"]) for part in parts]
    rounding = Decimal(str(float(scores.score[supplier]))) - sum(exact)
    parts.append({"part": "rounding", "points": rounding})
    return [{**part, "points": float(points)} for part, points in zip(parts, [*exact, rounding], strict=True)]
