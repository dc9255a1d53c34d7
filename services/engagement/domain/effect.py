"""What changed at suppliers that attended, against comparable ones that did not, before and after.

A supplier is compared where it has a finding in the window before its reference date: the day of its first attendance
of the events in question. The others take the reference dates of those that attended in the same supply tier, in turn;
where they are fewer, dates from all of the period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.engagement.domain import intervals
from services.engagement.domain.figures import wilson_interval
from services.engagement.domain.intervals import Interval, Weights

FEW: Final = 30
"""Fewer suppliers in a group say little."""


class Finding(NamedTuple):
    """A finding of a supplier; withdrawn ones are left out by whoever reads them."""

    supplier_id: UUID
    supply_tier: int | None
    provision: str
    discovered_on: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Observed:
    """A supplier before and after its reference date; the reference date itself is in neither window."""

    supplier_id: UUID
    reference: date
    findings_before: int
    findings_after: int
    repeats: bool
    days_before: tuple[int, ...]
    days_after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; None where there is nothing to compute it from."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group of suppliers."""

    suppliers: int
    findings_before: int
    findings_after: int
    repeating: int
    repeat_rate: Estimate
    closed_before: int
    closed_after: int
    median_days_before: Estimate
    median_days_after: Estimate
    follow_up_not_over: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both groups, and attended minus others."""

    attended: Group
    others: Group
    repeat_rate: Estimate
    findings_per_supplier: Estimate
    median_days_to_close: Estimate


def observe(
    findings: Sequence[Finding], attended: Mapping[UUID, date], window: timedelta
) -> tuple[list[Observed], list[Observed]]:
    """The comparable suppliers that attended, and the others; `attended` has the day of each one's first attendance."""
    by_supplier: dict[UUID, list[Finding]] = {}
    for finding in findings:
        by_supplier.setdefault(finding.supplier_id, []).append(finding)
    those: list[Observed] = []
    references: dict[int | None, list[date]] = {}
    others: dict[int | None, list[UUID]] = {}
    for supplier_id in sorted(by_supplier):
        tier = by_supplier[supplier_id][0].supply_tier
        if supplier_id in attended:
            seen = _observe(supplier_id, by_supplier[supplier_id], attended[supplier_id], window)
            if seen.findings_before:
                those.append(seen)
                references.setdefault(tier, []).append(seen.reference)
        else:
            others.setdefault(tier, []).append(supplier_id)
    compared: list[Observed] = []
    for tier, dates in references.items():
        theirs = others.get(tier, [])
        given = _spread(sorted(dates), len(theirs))
        for turn, supplier_id in enumerate(theirs):
            seen = _observe(supplier_id, by_supplier[supplier_id], given[turn % len(given)], window)
            if seen.findings_before:
                compared.append(seen)
    return those, compared


def compare(attended: Sequence[Observed], others: Sequence[Observed], window: timedelta, today: date) -> Comparison:
    """The figures of both groups and their differences, with 95 % intervals.

    Intervals of shares are Wilson's, of their difference Newcombe's; all others come from drawing suppliers anew.
    """
    a, b = _Columns(attended), _Columns(others)
    repeating, other_repeating = sum(one.repeats for one in attended), sum(one.repeats for one in others)
    rates = _minus(_share(repeating, len(attended)), _share(other_repeating, len(others)))
    newcombe = intervals.newcombe_interval(repeating, len(attended), other_repeating, len(others))
    return Comparison(
        attended=_group(attended, a, window, today),
        others=_group(others, b, window, today),
        repeat_rate=Estimate(rates, None if rates is None else newcombe),
        findings_per_supplier=_estimate(
            lambda drawn, other: _minus(a.change_of_findings(drawn), b.change_of_findings(other)), a, b
        ),
        median_days_to_close=_estimate(
            lambda drawn, other: _minus(a.change_of_median(drawn), b.change_of_median(other)), a, b
        ),
    )


class _Columns:
    """A group as arrays: findings per supplier, and days to close in order with the supplier of each."""

    def __init__(self, observed: Sequence[Observed]) -> None:
        self.n = len(observed)
        self.before = np.array([one.findings_before for one in observed], dtype=np.float64)
        self.after = np.array([one.findings_after for one in observed], dtype=np.float64)
        self.days_before = _in_order([one.days_before for one in observed])
        self.days_after = _in_order([one.days_after for one in observed])

    def change_of_findings(self, drawn: Weights) -> float | None:
        return float(np.sum((self.after - self.before) * drawn) / np.sum(drawn)) if self.n else None

    def median_before(self, drawn: Weights) -> float | None:
        return _median(self.days_before, drawn)

    def median_after(self, drawn: Weights) -> float | None:
        return _median(self.days_after, drawn)

    def change_of_median(self, drawn: Weights) -> float | None:
        return _minus(self.median_after(drawn), self.median_before(drawn))


Ordered = tuple[NDArray[np.float64], NDArray[np.intp]]


def _in_order(days: Sequence[Sequence[int]]) -> Ordered:
    values = np.array([day for those in days for day in those], dtype=np.float64)
    owners = np.array([place for place, those in enumerate(days) for _ in those], dtype=np.intp)
    order = np.argsort(values, kind="stable")
    return values[order], owners[order]


def _median(days: Ordered, drawn: Weights) -> float | None:
    values, owners = days
    return intervals.weighted_median(values, drawn[owners])


def _spread(dates: Sequence[date], suppliers: int) -> Sequence[date]:
    """The dates to give in turn: where there are fewer suppliers than dates, evenly spaced ones, not the earliest."""
    if suppliers >= len(dates):
        return dates
    return [dates[(2 * turn + 1) * len(dates) // (2 * suppliers)] for turn in range(suppliers)]


def _observe(supplier_id: UUID, findings: Sequence[Finding], reference: date, window: timedelta) -> Observed:
    first, last = reference - window, reference + window
    before = [finding for finding in findings if first <= finding.discovered_on < reference]
    after = [finding for finding in findings if reference < finding.discovered_on <= last]
    known = {finding.provision for finding in before}
    return Observed(
        supplier_id=supplier_id,
        reference=reference,
        findings_before=len(before),
        findings_after=len(after),
        repeats=any(finding.provision in known for finding in after),
        # Both windows are cut at their ends: else what was found before would have had more time to be closed.
        days_before=_days_to_close(before, reference - timedelta(days=1)),
        days_after=_days_to_close(after, last),
    )


def _days_to_close(findings: Sequence[Finding], until: date) -> tuple[int, ...]:
    return tuple(
        (finding.closed_on - finding.discovered_on).days
        for finding in findings
        if finding.closed_on is not None and finding.closed_on <= until
    )


def _group(observed: Sequence[Observed], columns: _Columns, window: timedelta, today: date) -> Group:
    repeating = sum(one.repeats for one in observed)
    none = _Columns(())
    return Group(
        suppliers=len(observed),
        findings_before=sum(one.findings_before for one in observed),
        findings_after=sum(one.findings_after for one in observed),
        repeating=repeating,
        repeat_rate=Estimate(
            _share(repeating, len(observed)), wilson_interval(repeating, len(observed)) if observed else None
        ),
        closed_before=sum(len(one.days_before) for one in observed),
        closed_after=sum(len(one.days_after) for one in observed),
        median_days_before=_estimate(lambda drawn, _: columns.median_before(drawn), columns, none),
        median_days_after=_estimate(lambda drawn, _: columns.median_after(drawn), columns, none),
        follow_up_not_over=sum(one.reference + window >= today for one in observed),
    )


def _estimate(figure: intervals.Figure, a: _Columns, b: _Columns) -> Estimate:
    value = figure(np.ones(a.n), np.ones(b.n))
    return Estimate(value, None if value is None else intervals.bootstrap_interval(figure, a.n, b.n))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
