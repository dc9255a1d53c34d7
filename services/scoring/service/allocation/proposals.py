"""Proposed allocations as rows: what is stored, and what the feed tells, of computed shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.scoring.domain import allocation as domain
from services.scoring.models.allocations import Allocation, AllocationLine
from shared.db import table_of

STATE = ("qbr_quarter", "qbr_revision", "commodity", "status", "infeasible", "relaxed", "average_score", "limits")
ON_LINES = ("supplier_code", "qbr_total", "grade", "multiplier", "risk_tier", "basis", "blocked", "reasons")
SHARES_ON_LINES = (
    "baseline_share",
    "recommended_share",
    "overridden_share",
    "capacity_share",
    "max_share",
    "min_share",
)

Values = Mapping[str, Any]
"""The columns of a row by their names in the model."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An allocation's columns and those of its lines."""

    values: dict[str, Any]
    lines: list[dict[str, Any]]


def values_of(row: Allocation | AllocationLine) -> dict[str, Any]:
    """A stored row's columns by their names in the model."""
    names = {"lambda": "lambda_"}
    return {name: getattr(row, names.get(name, name)) for name in table_of(type(row)).columns.keys()}  # noqa: SIM118


def feed_state(allocation: Values, lines: Sequence[Values]) -> dict[str, Any]:
    """An allocation as the feed tells it, with all its lines."""
    return {
        **{name: allocation[name] for name in STATE},
        "policy_version": allocation["policy_version"],
        "valid_from": str(allocation["valid_from"]),
        "valid_to": str(allocation["valid_to"]),
        "supersedes": None if allocation["supersedes"] is None else str(allocation["supersedes"]),
        "unallocated_share": float(allocation["unallocated_share"]),
        "overcommitted_share": float(allocation["overcommitted_share"]),
        "lambda": allocation["lambda"],
        "lines": [
            {
                "supplier_id": None if line["supplier_id"] is None else str(line["supplier_id"]),
                **{name: line[name] for name in ON_LINES},
                **{name: None if (share := line[name]) is None else float(share) for name in SHARES_ON_LINES},
            }
            for line in sorted(lines, key=lambda line: str(line["supplier_code"]))
        ],
    }


def commodity_values(commodity: str, advice: domain.CommodityAdvice, limits: Values) -> dict[str, Any]:
    """What the computation says of a commodity as a whole."""
    return {
        "commodity": commodity,
        "infeasible": advice.infeasible,
        "relaxed": [str(group) for group in advice.relaxed],
        "unallocated_share": advice.unallocated_share,
        "overcommitted_share": advice.overcommitted_share,
        "lambda": advice.lambda_,
        "average_score": advice.average_score,
        "limits": dict(limits),
    }


def line_values(
    line: domain.SourcingLine, advice: domain.LineAdvice, supplier_id: UUID | None, *, is_known: bool
) -> dict[str, Any]:
    """What went into a line, and what came of it; of a supplier that is not known, the tier is only guessed."""
    effects: dict[str, Decimal] = {}
    if advice.effects is not None:
        effects = {name: getattr(advice.effects, name) for name in advice.effects.__slots__}
    return {
        "supplier_code": line.supplier_code,
        "supplier_id": supplier_id,
        "baseline_share": advice.baseline_share,
        "recommended_share": advice.recommended_share,
        "overridden_share": None,
        "realised_share": None,
        "qbr_total": line.qbr_total,
        "grade": line.grade,
        "multiplier": advice.multiplier,
        "risk_tier": line.risk_tier if is_known else None,
        "basis": line.basis if is_known else None,
        "capacity_share": line.capacity_share,
        "max_share": line.max_share,
        "min_share": line.min_share,
        "lower_share": advice.lower_share,
        "upper_share": advice.upper_share,
        "blocked": line.blocked,
        "bound": advice.bound.name.lower(),
        "effects": {name: f"{effect:f}" for name, effect in effects.items()} or None,
        "reasons": [str(reason) for reason in advice.reasons],
    }
