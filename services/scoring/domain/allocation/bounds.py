"""The least and the most that each line may get, and which rule says so."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.allocation.book import Book
from services.scoring.domain.allocation.commodities import MICRO
from services.scoring.domain.allocation.constants import AllocationConstants
from services.scoring.domain.allocation.lines import Flags, Floats

Kinds = NDArray[np.int8]


class Bound(IntEnum):
    """The rule behind a bound; its name in lower case is the stable reason code."""

    NONE = 0
    CAPACITY = 1
    MAX_SHARE = 2
    MAX_CHANGE = 3
    CONTRACT = 4
    NO_MORE = 5
    NEVER_LESS = 6
    NEW_SOURCE = 7
    BLOCKED = 8
    RAISED_LIMIT = 9
    LOWERED_LIMIT = 10
    LARGEST_SHARE = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Per line in millionths; `ceiling` and `contract` are the hard limits, `by_change` what the shift allows.

    Each `kind` names the rule behind the bound; that of a ceiling says nothing of fixed lines.
    """

    lower: Floats
    upper: Floats
    contract: Floats
    by_change: Floats
    ceiling: Floats
    ceiling_kind: Kinds
    lower_kind: Kinds
    upper_kind: Kinds
    fixed: Flags


def bounds(book: Book, constants: AllocationConstants) -> Bounds:
    """Apply the rules for upper and lower bounds in their order, before anything is relaxed."""
    shift = round(constants.shift * MICRO)
    fixed = book.new_source | book.blocked
    pinned = np.where(book.blocked, 0.0, book.min_share)
    own_ceiling = book.own_ceiling
    # one supplier must not have too much of the commodity, but a contract is kept
    allowed = np.minimum(own_ceiling, np.maximum(book.largest_share, book.min_share))
    own_kind = np.where(book.capacity <= book.max_share, np.int8(Bound.CAPACITY), np.int8(Bound.MAX_SHARE))
    ceiling_kind = np.where(allowed < own_ceiling, np.int8(Bound.LARGEST_SHARE), own_kind)
    ceiling = np.where(fixed, pinned, allowed)
    upper, upper_kind = _upper(book, ceiling, ceiling_kind, shift)
    by_change = np.maximum(book.min_share, book.share - shift)
    lower_kind = np.where(book.min_share > np.maximum(book.share - shift, 0), Bound.CONTRACT, Bound.MAX_CHANGE)
    keeps = book.share * np.select(
        [book.grade_a, book.grade_b],
        [constants.grade_a_keeps, constants.grade_b_keeps],
    )
    lower = np.maximum(by_change, keeps)
    lower_kind = np.where(keeps > by_change, Bound.NEVER_LESS, lower_kind)

    by_state = np.where(book.blocked, Bound.BLOCKED, Bound.NEW_SOURCE)
    upper, lower, by_change = (np.where(fixed, pinned, bound) for bound in (upper, lower, by_change))
    upper_kind, lower_kind = (np.where(fixed, by_state, kind) for kind in (upper_kind, lower_kind))
    return Bounds(
        lower=np.minimum(lower, upper),
        upper=upper,
        contract=np.where(fixed, pinned, np.minimum(book.min_share, upper)),
        by_change=np.minimum(by_change, upper),
        ceiling=ceiling,
        ceiling_kind=ceiling_kind,
        lower_kind=np.where(lower > upper, upper_kind, lower_kind).astype(np.int8),
        upper_kind=upper_kind.astype(np.int8),
        fixed=fixed,
    )


def _upper(book: Book, ceiling: Floats, ceiling_kind: Kinds, shift: int) -> tuple[Floats, NDArray[np.int64]]:
    by_change = book.share + shift
    wanted = np.maximum(by_change, book.min_share)
    upper = np.minimum(ceiling, wanted)
    by_rule = np.where(book.min_share > by_change, Bound.CONTRACT, Bound.MAX_CHANGE)
    kind = np.where(wanted < ceiling, by_rule, ceiling_kind)
    no_more = np.maximum(book.share, book.min_share)
    held = (book.grade_c | book.bad) & (no_more < upper)
    return np.where(held, no_more, upper), np.where(held, Bound.NO_MORE, kind)
