"""The computation from sourcing lines to recommended shares, for any number of commodities at once."""

import numpy as np

from services.scoring.domain.allocation.apportionment import apportion
from services.scoring.domain.allocation.balance import balance
from services.scoring.domain.allocation.book import Book, open_book
from services.scoring.domain.allocation.bounds import Bound, Bounds, Kinds, bounds
from services.scoring.domain.allocation.checks import refuse_wrong_lines
from services.scoring.domain.allocation.commodities import MICRO, Commodities, places_in_order
from services.scoring.domain.allocation.constants import AllocationConstants
from services.scoring.domain.allocation.lines import AllocationLines, Flags, Floats, Ints
from services.scoring.domain.allocation.relaxation import TOLERANCE, relax
from services.scoring.domain.allocation.results import NO_SHARE, AllocationResults
from services.scoring.domain.allocation.targets import Targets, targets

BLOCK = 2000
"""Commodities at once: what is computed of these stays in the processor's caches from one pass to the next."""
_TOUCHES = 1e-6  # millionths


def allocate(lines: AllocationLines, constants: AllocationConstants | None = None) -> AllocationResults:
    """Recommend shares for all commodities in `lines`; `Invalid` names each wrong line.

    A result depends on its commodity's lines alone, not on the batch or the order they come in.
    """
    rules = constants or AllocationConstants()
    order = places_in_order(lines.commodity, lines.supplier_code)
    refuse_wrong_lines(lines, order, rules)
    in_order = lines if order is None else lines.take(order)
    results = AllocationResults.joined(
        [_recommend(block, rules) for block in in_order.blocks(BLOCK)], in_order.commodity
    )
    return results if order is None else results.take(np.argsort(order))


def _recommend(lines: AllocationLines, rules: AllocationConstants) -> AllocationResults:
    """The results for lines that were checked and sorted."""
    book = open_book(lines)
    commodities = book.commodities
    aimed = targets(book, rules)
    limits, moved = relax(book, bounds(book, rules))
    unallocated, overcommitted = _misfit(limits, commodities)
    feasible = (unallocated == 0) & (overcommitted == 0)

    lambda_ = balance(aimed.target, book.share, limits.lower, limits.upper, limits.fixed, commodities)
    raw = aimed.target + lambda_[commodities.of] * book.share
    exact = np.where(limits.fixed, limits.lower, np.clip(raw, limits.lower, limits.upper))
    shares = _published(exact, limits, feasible, commodities)
    effects = _effects(book, aimed, raw, exact, shares)
    carried = feasible[commodities.of]
    return AllocationResults(
        commodity=lines.commodity,
        baseline=book.share.astype(np.int64),
        share=shares,
        exact=np.where(carried, exact / MICRO, np.nan),
        multiplier=aimed.multiplier,
        effects=np.where(carried[:, np.newaxis], effects, 0),
        bound=np.where(carried | limits.fixed, _binding(raw, limits), Bound.NONE).astype(np.int8),
        lower=limits.lower / MICRO,
        upper=limits.upper / MICRO,
        rated=book.scored,
        high_risk=book.high_risk,
        missed=book.missed,
        blocked=book.blocked,
        lambda_=np.where(feasible, lambda_, np.nan),
        average_score=aimed.average,
        relaxed=moved,
        unallocated=unallocated,
        overcommitted=overcommitted,
        held_back=(unallocated > 0) & (_most_without_limit(book, limits) >= MICRO - TOLERANCE),
    )


def _misfit(limits: Bounds, commodities: Commodities) -> tuple[Ints, Ints]:
    """What no share can be found for, and what is promised beyond the whole, in millionths, 0 where it fits."""
    lack = MICRO - commodities.sums(limits.upper)
    excess = commodities.sums(limits.lower) - MICRO
    return (
        np.where(lack > TOLERANCE, np.maximum(np.rint(lack), 1), 0).astype(np.int64),
        np.where(excess > TOLERANCE, np.maximum(np.rint(excess), 1), 0).astype(np.int64),
    )


def _most_without_limit(book: Book, limits: Bounds) -> Floats:
    """What the suppliers of each commodity could carry if one of them might have any share of it."""
    return book.commodities.sums(np.where(limits.fixed, limits.lower, book.own_ceiling))


def _published(exact: Floats, limits: Bounds, feasible: Flags, commodities: Commodities) -> Ints:
    """Whole millionths of the commodities that can be shared out."""
    carried = feasible[commodities.of]
    shares = np.full(len(exact), NO_SHARE, dtype=np.int64)
    if carried.any():
        dense = np.cumsum(feasible)[commodities.of[carried]] - 1
        shares[carried] = apportion(
            exact[carried], limits.lower[carried], limits.upper[carried], Commodities.sorted(dense)
        )
    return shares


def _effects(book: Book, aimed: Targets, raw: Floats, exact: Floats, shares: Ints) -> Ints:
    """Parts of each change in the order of `Effects`: whole millionths, the last takes what rounding leaves."""
    parts = [aimed.by_score - book.share, aimed.target - aimed.by_score, exact - raw, raw - aimed.target]
    effects = np.empty((len(shares), len(parts) + 1), dtype=np.int64)
    for n, part in enumerate(parts):
        effects[:, n] = np.rint(part)
    # to a blocked supplier nothing happens but the block
    effects[book.blocked] = 0
    effects[book.blocked, 2] = -book.share[book.blocked]
    effects[:, -1] = shares - book.share.astype(np.int64) - effects[:, :-1].sum(axis=1)
    return effects


def _binding(raw: Floats, limits: Bounds) -> Kinds:
    """The bound that stopped each line."""
    return np.select(
        [limits.fixed | (raw > limits.upper + _TOUCHES), raw < limits.lower - _TOUCHES],
        [limits.upper_kind, limits.lower_kind],
        np.int8(Bound.NONE),
    )
