"""Whether it is odd how a policy spreads suppliers over the grades."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.qbr.constants import Grade, QbrConstants

TINY = 1e-9  # so that 40 % of 35 is not a hair below 14


def warnings_of(totals: Sequence[float], grades: Sequence[str], constants: QbrConstants) -> list[str]:
    """Say in words what is odd about a review's or a simulation's grades; nothing where all is well.

    `totals` and `grades` are the same suppliers in the same order. Only rated ones count: `not_rated` is no grade,
    and the total of one dimension no measure of the others. Two things are odd:

    - one grade holds more than `spread.largest_part` of them: the grades tell hardly anybody apart;
    - an edge lies on the median: the median total is at most `spread.edge_distance` points from where A, B or C
      begins. There suppliers lie densest, so that small changes of a figure, or of the edge, move many of them.
    """
    given = np.asarray(grades, dtype=np.str_)
    figures = np.asarray(totals, dtype=np.float64)
    rated = given != Grade.NOT_RATED
    return [*_too_large(given[rated], constants), *_on_the_median(figures[rated & ~np.isnan(figures)], constants)]


def _too_large(given: NDArray[np.str_], constants: QbrConstants) -> list[str]:
    largest = constants.spread.largest_part
    names, counts = np.unique(given, return_counts=True)
    return [
        f"Grade {name} holds {count} of {given.size} rated suppliers ({100 * count / given.size:.1f} %): more than "
        f"{100 * largest:.4g} % of them makes a grade that tells hardly anybody apart."
        for name, count in zip(names.tolist(), counts.tolist(), strict=True)
        if count > largest * given.size + TINY
    ]


def _on_the_median(figures: NDArray[np.float64], constants: QbrConstants) -> list[str]:
    if not figures.size:
        return []
    median, reach = float(np.median(figures)), constants.spread.edge_distance
    warnings = []
    for grade, edge in constants.edges:
        if abs(median - edge) <= reach + TINY:
            near = int(np.count_nonzero(np.abs(figures - edge) <= reach + TINY))
            warnings.append(
                f"The median total, {median:.6g}, lies within {reach:g} points of {edge:g}, where grade {grade} "
                f"begins: {near} of {figures.size} rated suppliers are that close to it, and small changes move them."
            )
    return warnings
