"""Which lines belong to which commodity, and sums over them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from services.scoring.domain.allocation.lines import Floats, Ints, Texts

MICRO = 1_000_000
"""Shares are counted in millionths inside, so that 6 decimals are integers and sums are exact."""


@dataclass(frozen=True, slots=True)
class Commodities:
    """Lines sorted by commodity: `of` gives each line's commodity, `starts` each commodity's first line."""

    of: Ints
    starts: Ints
    count: int

    @classmethod
    def sorted(cls, of: Ints) -> Self:
        """Count the lines of each commodity; `of` ascends from 0 without gaps."""
        sizes = np.bincount(of)
        if len(of) == 0 or of[0] < 0 or not sizes.all():
            raise ValueError("commodities count from 0 without gaps, and there is at least one line")
        return cls(of, np.cumsum(sizes) - sizes, len(sizes))

    def sums(self, figures: Floats) -> Floats:
        """Per commodity; line by line, so that a batch gives bit for bit what one commodity alone gives."""
        return np.asarray(np.bincount(self.of, weights=figures, minlength=self.count), dtype=np.float64)


def places_in_order(commodity: Ints, supplier_code: Texts) -> Ints | None:
    """The places of the lines by commodity and supplier code; None where they are in that order."""
    # sorting texts takes long, and sourcing comes sorted
    same = commodity[1:] == commodity[:-1]
    ascending = (commodity[1:] > commodity[:-1]) | (same & (supplier_code[1:] >= supplier_code[:-1]))
    return None if ascending.all() else np.lexsort((supplier_code, commodity))
