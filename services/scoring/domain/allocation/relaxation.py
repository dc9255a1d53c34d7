"""Making room where the bounds leave none: groups in a fixed order, each just enough."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np

from services.scoring.domain.allocation.book import Book
from services.scoring.domain.allocation.bounds import Bound, Bounds
from services.scoring.domain.allocation.commodities import MICRO, Commodities
from services.scoring.domain.allocation.lines import Flags, Floats

TOLERANCE = 1e-9 * MICRO
"""A lack or excess of less than 1e-9 of a share is none."""


class Relaxed(StrEnum):
    """A group of bounds that moved, in the order in which they may; these names are stable."""

    UPPER_OF_A_B_NOT_RATED = "upper_of_a_b_not_rated"  # towards the hard limits, as the next two
    UPPER_OF_C = "upper_of_c"  # grade C that is not bad
    UPPER_OF_BAD = "upper_of_bad"  # grade D, or a tier that is high by evidence
    NEVER_LESS = "never_less"  # what protects A and B, towards the largest change
    ALL_LOWER = "all_lower"  # everyone's, towards the contract


def relax(book: Book, bounds: Bounds) -> tuple[Bounds, Flags]:
    """Move bounds until shares that sum to 1 fit, or nothing is left to move.

    Returns the bounds and, per commodity and group of `Relaxed`, whether that group moved.
    """
    c, bad, movable = book.grade_c, book.bad, ~bounds.fixed
    upper, raised = _moved(
        bounds.upper,
        [(group & movable, bounds.ceiling) for group in (~c & ~bad, c & ~bad, bad)],
        book.commodities,
        direction=1,
    )
    good = book.grade_a | book.grade_b
    lower, lowered = _moved(
        bounds.lower,
        [(good & movable, bounds.by_change), (movable, bounds.contract)],
        book.commodities,
        direction=-1,
    )
    upper_kind = np.where(upper >= bounds.ceiling, bounds.ceiling_kind, Bound.RAISED_LIMIT)
    relaxed = replace(
        bounds,
        upper=upper,
        lower=lower,
        upper_kind=np.where(upper > bounds.upper, upper_kind, bounds.upper_kind).astype(np.int8),
        lower_kind=np.where(lower < bounds.lower, Bound.LOWERED_LIMIT, bounds.lower_kind).astype(np.int8),
    )
    return relaxed, np.column_stack([*raised, *lowered])


def _moved(
    bound: Floats, groups: Sequence[tuple[Flags, Floats]], commodities: Commodities, *, direction: int
) -> tuple[Floats, list[Flags]]:
    """Move upper bounds up (direction 1) or lower ones down (-1), a group's all by the same part of their way."""
    moved = [np.zeros(commodities.count, dtype=np.bool_) for _ in groups]
    misfits = direction * (MICRO - commodities.sums(bound)) > TOLERANCE
    line = np.flatnonzero(misfits[commodities.of])  # nearly all commodities fit as they are
    if len(line):
        dense = np.cumsum(misfits)[commodities.of[line]] - 1
        of_misfits = [(members[line], goal[line]) for members, goal in groups]
        bound = bound.copy()
        bound[line], parts = _made_to_fit(bound[line], of_misfits, Commodities.sorted(dense), direction)
        for each, part in zip(moved, parts, strict=True):
            each[misfits] = part
    return bound, moved


def _made_to_fit(
    bound: Floats, groups: Sequence[tuple[Flags, Floats]], commodities: Commodities, direction: int
) -> tuple[Floats, list[Flags]]:
    moved = []
    for members, goal in groups:
        room = np.where(members, goal - bound, 0.0)
        lack = MICRO - commodities.sums(bound)
        needed = direction * lack > TOLERANCE
        available = commodities.sums(room)
        part = np.zeros(commodities.count)
        np.divide(lack, available, out=part, where=needed & (available != 0))
        part = np.minimum(part, 1.0)
        moved.append(part > 0)
        of_line = part[commodities.of]
        # the whole way is the goal itself, not a float beside it
        bound = np.where(members & (of_line == 1.0), goal, bound + of_line * room)
    return bound, moved
