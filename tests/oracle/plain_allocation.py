"""A second, slow reading of the order allocation of one commodity, where no bound has to be relaxed."""

import itertools
from dataclasses import dataclass


@dataclass(frozen=True)
class PlainLine:
    """One supplier's line; shares are parts of 1, blanks of the import already filled in."""

    supplier_code: str
    baseline: float
    total: float
    grade: str
    risk_tier: str = "low"
    basis: str = "assessed"
    priority_missed: bool = False
    capacity: float = 1.0
    max_share: float = 1.0
    min_share: float = 0.0
    blocked: bool = False


def multiplier(line: PlainLine) -> float:
    """Return m of a line: linear between the four corners, capped for risk."""
    if line.grade == "not_rated":
        m = 1.0
    else:
        corners = [(40.0, 0.60), (60.0, 0.85), (77.5, 1.00), (92.5, 1.10)]
        m = 0.60 if line.total < 40 else 1.10
        for (x0, y0), (x1, y1) in itertools.pairwise(corners):
            if x0 <= line.total <= x1:
                m = y0 + (y1 - y0) * (line.total - x0) / (x1 - x0)
    if line.risk_tier == "high" and line.basis != "assumed":
        m = min(m, 0.85)
    return min(m, 0.60) if line.priority_missed else m


def bounds(line: PlainLine) -> tuple[float, float]:
    """Return l and u of a line."""
    p, contract = line.baseline, line.min_share
    if line.blocked:
        return 0.0, 0.0
    if p == 0:
        return contract, contract
    upper = min(line.capacity, line.max_share, max(p + 0.10, contract))
    lower = max(contract, p - 0.10)
    bad = line.grade == "D" or (line.risk_tier == "high" and line.basis != "assumed")
    if line.grade == "C" or bad:
        upper = min(upper, max(p, contract))
    if line.grade == "A":
        lower = max(lower, p)
    if line.grade == "B":
        lower = max(lower, 0.9 * p)
    return min(lower, upper), upper


def allocate(lines: list[PlainLine]) -> dict[str, float]:
    """Return the recommended shares, exact to about 1e-12; ValueError where bounds leave no split."""
    limits = [bounds(line) for line in lines]
    if sum(low for low, _ in limits) > 1 or sum(high for _, high in limits) < 1:
        raise ValueError("the bounds leave no split; the plain reading does not relax")
    rated = [line for line in lines if line.grade != "not_rated" and not line.blocked]
    weight = sum(line.baseline for line in rated)
    mean = sum(line.baseline * line.total for line in rated) / weight if weight else 0.0

    def target(line: PlainLine) -> float:
        effect = (line.total - mean) / 100 if weight and line.grade != "not_rated" else 0.0
        return line.baseline * (1 + effect) * multiplier(line)

    def shares(rebalancing: float) -> list[float]:
        return [
            min(max(target(line) + rebalancing * line.baseline, low), high)
            for line, (low, high) in zip(lines, limits, strict=True)
        ]

    least, most = -1e7, 1e7
    for _ in range(200):
        middle = (least + most) / 2
        if sum(shares(middle)) < 1:
            least = middle
        else:
            most = middle
    return dict(zip((line.supplier_code for line in lines), shares(most), strict=True))
