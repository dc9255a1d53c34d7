"""The one lambda per commodity that makes clipped shares sum to 1, exact and for all commodities at once."""

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.allocation.commodities import MICRO, Commodities
from services.scoring.domain.allocation.lines import Flags, Floats, Ints

_OPEN, _AT_LOWER, _AT_UPPER = 0, -1, 1


def balance(
    target: Floats, share: Floats, lower: Floats, upper: Floats, fixed: Flags, commodities: Commodities
) -> Floats:
    """Solve sum clip(target + lambda share, lower, upper) = 1 per commodity; all in millionths.

    By fixing variables (Bitran and Hax): with lambda as if nothing were bounded, some lines are beyond a bound. If
    more is too much than too little, those above their upper bound stand at it in the solution too, else those below
    their lower one do; they are set aside, and the others share out the rest, until nobody is beyond a bound. Where
    a whole interval of lambdas does (every line stands at a bound), it is the one nearest to 0. Without a solution the
    result means nothing.
    """
    movable = np.flatnonzero(~fixed)
    search = _Search(target[movable], share[movable], lower[movable], upper[movable], commodities.of[movable])
    pinned = commodities.sums(np.where(fixed, lower, 0.0))
    return search.run(MICRO - pinned)


class _Search:
    """The movable lines, and where each of them has been found to stand."""

    def __init__(self, target: Floats, share: Floats, lower: Floats, upper: Floats, of: Ints) -> None:
        self.target, self.share, self.lower, self.upper, self.of = target, share, lower, upper, of
        self.state: NDArray[np.int8] = np.zeros(len(of), dtype=np.int8)

    def run(self, wanted: Floats) -> Floats:
        """The lambda of each commodity; `wanted` is what its lines have to sum to."""
        count, rest = len(wanted), wanted.copy()
        solution = np.zeros(count)
        line = np.arange(len(self.of))  # those that are open, of commodities that are not yet solved
        while len(line):
            of, share, target = self.of[line], self.share[line], self.target[line]
            weight = _sums(of, share, count)
            np.divide(rest - _sums(of, target, count), weight, out=solution, where=weight > 0)
            raw = target + solution[of] * share
            above = np.maximum(raw - self.upper[line], 0.0)
            below = np.maximum(self.lower[line] - raw, 0.0)
            surplus = _sums(of, above - below, count)
            at_upper = (surplus >= 0)[of] & (above > 0)
            at_lower = (surplus < 0)[of] & (below > 0)
            self.state[line[at_upper]], self.state[line[at_lower]] = _AT_UPPER, _AT_LOWER
            stopped = at_upper | at_lower
            bound = np.where(at_upper, self.upper[line], self.lower[line])
            rest -= _sums(of, np.where(stopped, bound, 0.0), count)
            unsolved = np.bincount(of[stopped], minlength=count) > 0
            line = line[~stopped & unsolved[of]]
        return self._nearest_to_zero(solution)

    def _nearest_to_zero(self, solution: Floats) -> Floats:
        """Where no line is open, any lambda will do that keeps all at their bounds."""
        is_open = np.bincount(self.of[self.state == _OPEN], minlength=len(solution)) > 0
        line = np.flatnonzero(~is_open[self.of])
        of, at_upper = self.of[line], self.state[line] == _AT_UPPER
        bound = np.where(at_upper, self.upper[line], self.lower[line])
        reached = (bound - self.target[line]) / self.share[line]
        least, most = np.full(len(solution), -np.inf), np.full(len(solution), np.inf)
        np.maximum.at(least, of[at_upper], reached[at_upper])
        np.minimum.at(most, of[~at_upper], reached[~at_upper])
        return np.where(is_open, solution, np.clip(0.0, least, np.maximum(least, most)))


def _sums(of: Ints, figures: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(of, weights=figures, minlength=count), dtype=np.float64)
