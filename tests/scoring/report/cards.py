"""Scorecards as packs are computed from."""

from typing import Any
from uuid import UUID

from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.qbr import Dimension
from services.scoring.domain.report import Card, Earlier

CATEGORIES = {category.code: 80.0 for category in DEFAULT.categories}


def card(n: int, total: float | None, grade: str, **fields: Any) -> Card:
    """Supplier n of this quarter; every dimension is its total."""
    values: dict[str, Any] = {
        "supplier_id": UUID(int=n),
        "code": f"S{n}",
        "name": f"Supplier {n}",
        "country": "TW",
        "dimensions": dict.fromkeys(Dimension, total),
        "total": total,
        "coverage": 100.0 if total is not None else 0.0,
        "grade": grade,
        "previous_grade": None,
        "limits": [],
        "consequence": "keep",
        "actions": [],
        "risk_tier": "low",
        "tier_reasons": [],
        "basis": "assessed",
        "confidence": 1.0,
        "base": 80.0,
        "credit": 0.0,
        "categories": CATEGORIES,
        "changes": {},
    }
    return Card(**(values | fields))


def earlier(n: int, total: float | None, grade: str, *, quarter: str = "2026Q2") -> Earlier:
    """The same supplier in an earlier quarter."""
    return Earlier(
        quarter=quarter,
        supplier_id=UUID(int=n),
        dimensions=dict.fromkeys(Dimension, total),
        total=total,
        grade=grade,
        risk_tier="low",
        categories=CATEGORIES,
    )
