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
    largest: dict[int, Decimal | None] = {}
    for place in np.flatnonzero(checked.too_much):
        too_much.setdefault(lines[place].commodity, []).append(lines[place].supplier_code)
    for line in lines:
        largest[line.commodity] = line.largest_share
    described = []
    for n, least in enumerate(least_sources):
        infeasible = bool(results.infeasible[n])
        broken = {
            Limit.LARGEST_SHARE: bool(results.held_back[n]) or n in too_much,
            Limit.LEAST_SOURCES: bool(checked.too_few[n]) and not infeasible,
        }
        sources = None if infeasible else int(checked.sources[n])
        described.append(_described(largest[n], least, sources, broken, too_much.get(n, [])))
    return described


def describe_decided(limits: Mapping[str, Any], shares: Mapping[str, Decimal]) -> dict[str, Any]:
    """The same for the shares that a person decided on."""
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
    broken = {
        Limit.LARGEST_SHARE: bool(checked.too_much.any()),
        Limit.LEAST_SOURCES: bool(checked.too_few[0]),
    }
    too_much = [code for code, above in zip(codes, checked.too_much, strict=True) if above]
    return _described(largest, limits["least_sources"], int(checked.sources[0]), broken, too_much)


def in_words(limit: str, limits: Mapping[str, Any], supplier_codes: Sequence[str]) -> str:
    """One plain sentence on a limit that is not kept."""
    if limit == Limit.LEAST_SOURCES:
        return f"Orders go to {limits['sources']} suppliers; there should be {limits['least_sources']} at least."
    percent = f"{100 * limits['largest_share']:.6g} %"
    if supplier_codes:
        return f"{', '.join(supplier_codes)}: more than {percent}, which no supplier should have."
    return f"With at most {percent} for each supplier, the suppliers cannot carry all; without this limit they could."


def _described(
    largest: Decimal | None, least: int | None, sources: int | None, broken: Mapping[Limit, bool], codes: Sequence[str]
) -> dict[str, Any]:
    if largest is None and least is None:
        return {}
    named = {Limit.LARGEST_SHARE: list(codes), Limit.LEAST_SOURCES: []}
    return {
        "largest_share": None if largest is None else float(largest),
        "least_sources": least,
        "sources": sources,
        "not_kept": [
            {"limit": str(limit), "supplier_codes": named[limit]} for limit, is_broken in broken.items() if is_broken
        ],
    }


def _figures(shares: Sequence[Decimal | None]) -> domain.Floats:
    return np.array([NAN if share is None else float(share) for share in shares], dtype=np.float64)
