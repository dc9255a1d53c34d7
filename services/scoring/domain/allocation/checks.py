"""What is wrong with sourcing lines, each complaint naming its line."""

from collections.abc import Iterator

import numpy as np

from services.scoring.domain.allocation.constants import AllocationConstants
from services.scoring.domain.allocation.lines import AllocationLines, Flags, Floats, Ints
from services.scoring.domain.qbr import Grade
from shared.errors import FieldError, Invalid

_TINY = 1e-9
_TOP_SCORE = 100.0


def refuse_wrong_lines(lines: AllocationLines, order: Ints | None, constants: AllocationConstants) -> None:
    """Raise `Invalid` with a pointer (`/lines/3/min_share`) for everything that is wrong.

    `order` is that of the lines by commodity and supplier code; None where they come in it.
    """
    fields = [
        *_wrong_figures(lines),
        *_named(~np.isin(lines.grade, [str(grade) for grade in Grade]), "grade", "is no grade"),
        *_repeated_suppliers(lines, order),
    ]
    fields = fields or [*_contradicting_bounds(lines), *_wrong_sums(lines, constants)]
    if fields:
        raise Invalid(f"sourcing lines are wrong: {fields[0].pointer} {fields[0].detail}", fields=fields)


def defaulted(figures: Floats, default: float) -> Floats:
    """The figures with their blanks filled."""
    return np.where(np.isnan(figures), default, figures)


def _named(wrong: Flags, column: str, detail: str) -> Iterator[FieldError]:
    for line in np.flatnonzero(wrong):
        yield FieldError(f"/lines/{line}/{column}", detail)


def _wrong_figures(lines: AllocationLines) -> Iterator[FieldError]:
    usable = "must be a finite figure, 0 or more"
    yield from _named(~_usable(lines.baseline_share), "baseline_share", usable)
    for column in ("capacity_share", "max_share", "min_share", "largest_share"):
        figures: Floats = getattr(lines, column)
        yield from _named(~np.isnan(figures) & ~_usable(figures), column, usable)
    totals = lines.qbr_total
    in_range = np.isnan(totals) | ((totals >= 0) & (totals <= _TOP_SCORE))
    yield from _named(~in_range, "qbr_total", "must be between 0 and 100")


def _usable(figures: Floats) -> Flags:
    return np.isfinite(figures) & (figures >= 0)


def _contradicting_bounds(lines: AllocationLines) -> Iterator[FieldError]:
    ceiling = np.minimum(defaulted(lines.capacity_share, 1.0), defaulted(lines.max_share, 1.0))
    # compared as rounded to 6 decimals, as they are used
    wrong = np.floor(defaulted(lines.min_share, 0.0) * 1e6 + 0.5 + _TINY) > np.floor(ceiling * 1e6 + 0.5 + _TINY)
    yield from _named(wrong, "min_share", "is above what capacity_share and max_share allow")


def _repeated_suppliers(lines: AllocationLines, order: Ints | None) -> Iterator[FieldError]:
    places: Ints | slice = slice(None) if order is None else order
    commodity, code = lines.commodity[places], lines.supplier_code[places]
    again = np.zeros(len(lines), dtype=np.bool_)
    again[1:] = (commodity[1:] == commodity[:-1]) & (code[1:] == code[:-1])
    if order is not None:
        again[order] = again.copy()
    yield from _named(again, "supplier_code", "is listed twice for this commodity")


def _wrong_sums(lines: AllocationLines, constants: AllocationConstants) -> Iterator[FieldError]:
    sums = np.bincount(lines.commodity, weights=lines.baseline_share)
    wrong = np.flatnonzero(np.abs(sums - 1.0) > constants.share_sum_tolerance + _TINY)
    if len(wrong):
        commodities, first = np.unique(lines.commodity, return_index=True)
        for line in first[np.isin(commodities, wrong)]:
            total = sums[lines.commodity[line]]
            detail = f"the baseline shares of this commodity sum to {total:.6g}, not to 1"
            yield FieldError(f"/lines/{line}/baseline_share", detail)
