"""What is said of a commodity's limits of concentration beside its shares."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from services.scoring.domain import allocation as domain
from services.scoring.domain.allocation import Limit

NAN = float("nan")


def describe(
    results: domain.AllocationResults, lines: Sequence[domain.SourcingLine], least_sources: Sequence[int | None]
) -> list[dict[str, Any]]:
    """What to keep of the limits of each commodity of a computed batch; empty where it has none."""
    checked = domain.concentration(
        commodity=results.commodity,
        share=results.share,
        largest_share=_figures([line.largest_share for line in lines]),
        least_sources=np.array([least or 0 for least in least_sources], dtype=np.int64),
    )
    too_much: dict[int, list[str]] = {}
    for place in np.flatnonzero(checked.too_much).tolist():
        too_much.setdefault(lines[place].commodity, []).append(lines[place].supplier_code)
    largest = {line.commodity: line.largest_share for line in lines}
    return [
        {}
        if largest[n] is None and least is None
        else {
            "largest_share": None if (limit := largest[n]) is None else float(limit),
            "least_sources": least,
            **_standing(
                None if results.infeasible[n] else int(checked.sources[n]),
                too_few=bool(checked.too_few[n] and not results.infeasible[n]),
                held_back=bool(results.held_back[n]),
                too_much=too_much.get(n, []),
            ),
        }
        for n, least in enumerate(least_sources)
    ]


def with_override(limits: Mapping[str, Any], shares: Mapping[str, Decimal]) -> dict[str, Any]:
    """The limits with how another person's shares stand to them, beside how the recommended ones do."""
    if not limits:
        return {}
    largest = None if limits["largest_share"] is None else Decimal(str(limits["largest_share"]))
    codes = sorted(shares)
    checked = domain.concentration(
        commodity=np.zeros(len(codes), dtype=np.int64),
        share=np.array([int(shares[code].scaleb(6)) for code in codes], dtype=np.int64),
        largest_share=_figures([largest] * len(codes)),
        least_sources=np.array([limits["least_sources"] or 0], dtype=np.int64),
    )
    too_much = [code for code, above in zip(codes, checked.too_much, strict=True) if above]
    standing = _standing(int(checked.sources[0]), too_few=bool(checked.too_few[0]), held_back=False, too_much=too_much)
    return {**limits, "overridden": standing}


def without_override(limits: Mapping[str, Any]) -> dict[str, Any]:
    """The limits as they stood before."""
    return {name: value for name, value in limits.items() if name != "overridden"}


def view(limits: Mapping[str, Any]) -> dict[str, Any]:
    """How the shares that count stand to the limits, in words too."""
    standing = limits.get("overridden", limits)
    return {
        "largest_share": limits.get("largest_share"),
        "least_sources": limits.get("least_sources"),
        "sources": standing.get("sources"),
        "not_kept": [
            {**each, "text": _in_words(each["limit"], limits, standing["sources"], each["supplier_codes"])}
            for each in standing.get("not_kept", [])
        ],
    }


def _in_words(limit: str, limits: Mapping[str, Any], sources: int | None, supplier_codes: Sequence[str]) -> str:
    if limit == Limit.LEAST_SOURCES:
        return f"The number of suppliers with orders is {sources}; it should be {limits['least_sources']} at least."
    percent = f"{100 * limits['largest_share']:.6g} %"
    if supplier_codes:
        return f"More than {percent} goes to {', '.join(supplier_codes)}, which no supplier should have."
    return f"With at most {percent} for each, the suppliers cannot carry all orders; without this limit they could."


def _standing(sources: int | None, *, too_few: bool, held_back: bool, too_much: Sequence[str]) -> dict[str, Any]:
    not_kept = []
    if held_back or too_much:
        not_kept.append({"limit": str(Limit.LARGEST_SHARE), "supplier_codes": list(too_much)})
    if too_few:
        not_kept.append({"limit": str(Limit.LEAST_SOURCES), "supplier_codes": []})
    return {"sources": sources, "not_kept": not_kept}


def _figures(shares: Sequence[Decimal | None]) -> domain.Floats:
    return np.array([NAN if share is None else float(share) for share in shares], dtype=np.float64)
