"""The one lambda per commodity that makes clipped shares sum to 1, exact and for all commodities at once."""

import numpy as np

from services.scoring.domain.allocation.commodities import MICRO, Commodities
from services.scoring.domain.allocation.lines import Flags, Floats, Ints

_TOLERANCE = 1e-12 * MICRO


def balance(
    target: Floats, share: Floats, lower: Floats, upper: Floats, fixed: Flags, commodities: Commodities
) -> Floats:
    """Solve sum clip(target + lambda share, lower, upper) = 1 per commodity; all in millionths.

    The sum grows with lambda, linearly between the points where a line meets a bound. A binary search over
    those points finds the piece, and the piece gives lambda. Where a whole interval of lambdas does (every
    line stands at a bound), it is the one nearest to 0. Without a solution the result means nothing.
    """
    result = np.zeros(commodities.count)
    if fixed.all():
        return result
    pinned = commodities.sums(np.where(fixed, lower, 0.0))
    movable = ~fixed
    present, of = np.unique(commodities.of[movable], return_inverse=True)
    pieces = _Pieces(target[movable], share[movable], lower[movable], upper[movable], of, len(present))
    result[present] = pieces.solve(MICRO - pinned[present])
    return result


class _Pieces:
    """The movable lines of those commodities that have any, and the points where they meet their bounds."""

    def __init__(self, target: Floats, share: Floats, lower: Floats, upper: Floats, of: Ints, count: int) -> None:
        self.target, self.share, self.lower, self.upper = target, share, lower, upper
        self.of, self.count = of, count
        self.leaves = (lower - target) / share
        self.arrives = (upper - target) / share

    def solve(self, wanted: Floats) -> Floats:
        left, right = self._piece(wanted)
        excess = self._sums(self._shares(right)) - wanted
        slope = self._slope(self.leaves <= left[self.of], self.arrives >= right[self.of])
        inside = (slope > 0) & (np.abs(excess) > _TOLERANCE)
        exact = right - np.divide(excess, slope, out=np.zeros_like(excess), where=inside)
        flat = np.clip(0.0, np.where(np.isneginf(left), -np.inf, right), self._end_of_flat(right))
        return self._polished(np.where(inside, exact, flat), wanted, inside)

    def _piece(self, wanted: Floats) -> tuple[Floats, Floats]:
        """The neighbouring points around the solution; the left one may be minus infinity."""
        points, of = np.concatenate([self.leaves, self.arrives]), np.concatenate([self.of, self.of])
        points = points[np.lexsort((points, of))]
        sizes = np.bincount(of, minlength=self.count)
        starts = np.cumsum(sizes) - sizes
        below, above = starts - 1, starts + sizes - 1
        while (below + 1 < above).any():
            middle = (below + above + 1) // 2
            enough = self._sums(self._shares(points[middle])) >= wanted - _TOLERANCE
            searching = below + 1 < above
            above = np.where(searching & enough, middle, above)
            below = np.where(searching & ~enough, middle, below)
        return np.where(below < starts, -np.inf, points[below]), points[above]

    def _end_of_flat(self, start: Floats) -> Floats:
        """How far lambda may grow from a point without moving any share."""
        begin = start[self.of]
        moving = self._slope(self.leaves <= begin, self.arrives > begin) > 0
        first = np.flatnonzero(np.diff(self.of, prepend=-1))
        following = np.minimum.reduceat(np.where(self.leaves > begin, self.leaves, np.inf), first)
        return np.where(moving, start, following)

    def _polished(self, solution: Floats, wanted: Floats, inside: Flags) -> Floats:
        """One more step along the final piece, which takes the last rounding errors out."""
        raw = self.target + solution[self.of] * self.share
        lack = wanted - self._sums(np.clip(raw, self.lower, self.upper))
        slope = self._slope(raw > self.lower, raw < self.upper)
        return solution + np.divide(lack, slope, out=np.zeros_like(lack), where=inside & (slope > 0))

    def _shares(self, at: Floats) -> Floats:
        return np.clip(self.target + at[self.of] * self.share, self.lower, self.upper)

    def _slope(self, left: Flags, right: Flags) -> Floats:
        return self._sums(np.where(left & right, self.share, 0.0))

    def _sums(self, figures: Floats) -> Floats:
        return np.asarray(np.bincount(self.of, weights=figures, minlength=self.count), dtype=np.float64)
