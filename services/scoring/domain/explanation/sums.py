"""A score as a sum that a reader can check by hand, the rounding last."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from services.scoring.domain.score import Scores

MILLIONTH = Decimal("0.000001")
SHOWN_DECIMALS = 9
ROUNDING = "half up to 2 decimals: floor(100 x + 0.5 + 0.000000001) / 100"


def in_millionths(points: float) -> Decimal:
    """Return points with six decimals, so that sums of them are exact as they are written."""
    return Decimal(str(points)).quantize(MILLIONTH, ROUND_HALF_EVEN)


def shown(figure: float) -> float:
    """Return a figure without the noise of binary fractions behind its ninth decimal."""
    return round(float(figure), SHOWN_DECIMALS)


def sums(categories: list[dict[str, Any]], scores: Scores, supplier: int) -> dict[str, Any]:
    """Return the steps: each category from its three figures, the base from the categories, the score from the base."""
    credit = float(scores.detail.credit.points[supplier])
    total = float(scores.exact_base[supplier]) + credit
    return {
        "categories": [
            {
                "category": each["category"],
                "audit": {"weight": each["audit"]["weight"], "figure": shown(each["audit"]["figure"])},
                "survey": {"weight": each["survey"]["weight"], "figure": shown(each["survey"]["figure"])},
                "inherent": {"weight": each["inherent"]["weight"], "figure": shown(each["inherent"]["figure"])},
                "exact": shown(scores.exact_categories[supplier, index]),
                "rounded": each["score"],
                "weight": each["weight"],
                "points": shown(each["weight"] * float(scores.exact_categories[supplier, index])),
            }
            for index, each in enumerate(categories)
        ],
        "base": {"exact": shown(scores.exact_base[supplier]), "rounded": float(scores.base[supplier])},
        "credit": shown(credit),
        "total": shown(total),
        "at_most_100": shown(min(100.0, total)),
        "score": float(scores.score[supplier]),
        "rounding": ROUNDING,
    }
