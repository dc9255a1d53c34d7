"""Allocation held against the plain text of the rules and a general QP solver, on cases that reach every branch."""

from fractions import Fraction
from itertools import pairwise

import clarabel
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from services.scoring.domain import allocation
from services.scoring.domain.allocation import AllocationLines, AllocationResults, Relaxed

COMMODITIES = 2000
Line = dict[str, object]


def random_lines() -> AllocationLines:
    """Commodities of 1 to 8 suppliers, from roomy to impossible, millionths of shares."""
    rng = np.random.default_rng(20260930)
    sizes = rng.integers(1, 9, COMMODITIES)
    commodity = np.repeat(np.arange(COMMODITIES), sizes)
    n = len(commodity)
    # how tight a commodity is decides which of the relaxations it needs
    scarce, promised = (rng.choice([0.0, 0.5, 0.85], COMMODITIES)[commodity] for _ in range(2))
    raw = np.where(rng.random(n) < 0.1, 0.0, rng.random(n)) + 1e-9
    share = np.round(raw / np.bincount(commodity, weights=raw)[commodity], 6)
    room = np.where(rng.random(n) < scarce, share * rng.uniform(0.6, 1.3, n), rng.uniform(0.3, 1.2, n))
    capacity = np.round(np.where(rng.random(n) < 0.2, np.nan, np.maximum(room, 0.02)), 6)
    ceiling = np.where(np.isnan(capacity), 1.0, capacity)
    maximum = np.round(np.where(rng.random(n) < 0.7, np.nan, ceiling * rng.uniform(0.8, 1.2, n)), 6)
    ceiling = np.minimum(ceiling, np.where(np.isnan(maximum), 1.0, maximum))
    wanted = np.minimum(share * rng.uniform(0.7, 1.25, n), ceiling)
    minimum = np.floor(np.where(rng.random(n) < promised, wanted, 0.0) * 1e6) / 1e6
    total = np.round(rng.uniform(30, 100, n), 2)
    band = np.select([total >= 85, total >= 70, total >= 50], ["A", "B", "C"], "D")
    return AllocationLines(
        commodity=commodity,
        supplier_code=np.array([f"S{code:05d}" for code in rng.permutation(n)]),
        baseline_share=share,
        qbr_total=total,
        grade=np.where(rng.random(n) < 0.12, "not_rated", band),
        risk_tier=rng.choice(["low", "medium", "high"], n, p=[0.5, 0.35, 0.15]),
        basis=rng.choice(["assessed", "partly", "assumed"], n, p=[0.6, 0.2, 0.2]),
        priority_missed=rng.random(n) < 0.05,
        capacity_share=capacity,
        max_share=maximum,
        min_share=minimum,
        blocked=rng.random(n) < 0.06,
        largest_share=np.where(rng.random(COMMODITIES) < 0.2, rng.uniform(0.15, 0.9, COMMODITIES), np.nan)[commodity],
    )


LINES = random_lines()
RESULT = allocation.allocate(LINES)


class Reading:
    """One commodity by the words of the rules, in fractions; `p` and results as the product publishes them."""

    def __init__(self, commodity: int) -> None:
        self.rows = np.flatnonzero(LINES.commodity == commodity)
        self.p = [Fraction(int(RESULT.baseline[row]), 10**6) for row in self.rows]
        self.relaxed: list[Relaxed] = []
        self.t = self._targets()
        self.l, self.u = self._bounds()

    def _targets(self) -> list[Fraction]:
        rated = [LINES.grade[row] != "not_rated" for row in self.rows]
        score = [Fraction(str(LINES.qbr_total[row])) for row in self.rows]
        counted = [
            (p, s) for p, s, r, row in zip(self.p, score, rated, self.rows, strict=True) if r and not LINES.blocked[row]
        ]
        weight = sum(p for p, _ in counted)
        mean = sum(p * s for p, s in counted) / weight if weight else None
        targets = []
        for p, s, is_rated, row in zip(self.p, score, rated, self.rows, strict=True):
            m = interpolated(s) if is_rated else Fraction(1)
            if self.high(row):
                m = min(m, Fraction(85, 100))
            if LINES.priority_missed[row]:
                m = min(m, Fraction(60, 100))
            effect = (s - mean) / 100 if is_rated and mean is not None else Fraction(0)
            targets.append(p * (1 + effect) * m)
        return targets

    @staticmethod
    def high(row: int) -> bool:
        return bool(LINES.risk_tier[row] == "high" and LINES.basis[row] != "assumed")

    def _bounds(self) -> tuple[list[Fraction], list[Fraction]]:
        tenth = Fraction(1, 10)
        lower, upper, hard_upper, by_change, hard_lower = [], [], [], [], []
        groups: list[Relaxed | None] = []
        for p, row in zip(self.p, self.rows, strict=True):
            capacity, maximum, minimum = (
                filled(column[row], default)
                for column, default in ((LINES.capacity_share, 1), (LINES.max_share, 1), (LINES.min_share, 0))
            )
            if not np.isnan(LINES.largest_share[row]):
                maximum = min(maximum, max(filled(LINES.largest_share[row], 1), minimum))
            grade = LINES.grade[row]
            bad = grade == "D" or self.high(row)
            u = min(capacity, maximum, max(p + tenth, minimum))
            low = max(minimum, p - tenth)
            if grade == "C" or bad:
                u = min(u, max(p, minimum))
            keep = {"A": p, "B": Fraction(9, 10) * p}.get(str(grade), Fraction(0))
            group = Relaxed.UPPER_OF_A_B_NOT_RATED
            if bad:
                group = Relaxed.UPPER_OF_BAD
            elif grade == "C":
                group = Relaxed.UPPER_OF_C
            if p == 0 or LINES.blocked[row]:
                u = Fraction(0) if LINES.blocked[row] else minimum
                low, keep, group, capacity, minimum = u, u, None, u, u
            lower.append(min(max(low, keep), u))
            upper.append(u)
            hard_upper.append(min(capacity, maximum))
            by_change.append(min(low, u))
            hard_lower.append(min(minimum, u))
            groups.append(group)
        for name in (Relaxed.UPPER_OF_A_B_NOT_RATED, Relaxed.UPPER_OF_C, Relaxed.UPPER_OF_BAD):
            self._move(upper, hard_upper, [group is name for group in groups], name, up=True)
        good = [
            group is not None and LINES.grade[row] in ("A", "B") for group, row in zip(groups, self.rows, strict=True)
        ]
        self._move(lower, by_change, good, Relaxed.NEVER_LESS, up=False)
        self._move(lower, hard_lower, [group is not None for group in groups], Relaxed.ALL_LOWER, up=False)
        return lower, upper

    def _move(
        self, bound: list[Fraction], goal: list[Fraction], members: list[bool], name: Relaxed, *, up: bool
    ) -> None:
        lack = 1 - sum(bound)
        room = [g - b if member else Fraction(0) for g, b, member in zip(goal, bound, members, strict=True)]
        if (lack > 0) == up and lack != 0 and sum(room) != 0:
            part = min(Fraction(1), lack / sum(room))
            bound[:] = [b + part * r for b, r in zip(bound, room, strict=True)]
            self.relaxed.append(name)

    @property
    def unallocated(self) -> Fraction:
        return max(Fraction(0), 1 - sum(self.u))

    @property
    def overcommitted(self) -> Fraction:
        return max(Fraction(0), sum(self.l) - 1)


def filled(figure: float, default: int) -> Fraction:
    return Fraction(default) if np.isnan(figure) else Fraction(str(round(float(figure), 6)))


def interpolated(score: Fraction) -> Fraction:
    knots = [(Fraction(x), Fraction(y)) for x, y in (("40", "0.6"), ("60", "0.85"), ("77.5", "1"), ("92.5", "1.1"))]
    if score <= knots[0][0]:
        return knots[0][1]
    for (x0, y0), (x1, y1) in pairwise(knots):
        if score <= x1:
            return y0 + (score - x0) / (x1 - x0) * (y1 - y0)
    return knots[-1][1]


READINGS = [Reading(commodity) for commodity in range(COMMODITIES)]
FEASIBLE = [commodity for commodity in range(COMMODITIES) if not RESULT.infeasible[commodity]]


def test_the_cases_reach_every_relaxation_and_both_kinds_of_infeasible() -> None:
    for group in range(len(Relaxed)):
        assert (RESULT.relaxed[:, group] & ~RESULT.infeasible).sum() >= 5
    assert (RESULT.unallocated > 0).sum() >= 20
    assert (RESULT.overcommitted > 0).sum() >= 10
    assert len(FEASIBLE) >= 400
    assert (~RESULT.relaxed.any(axis=1)).sum() >= 100


def test_bounds_relaxations_and_misfits_are_those_of_the_text() -> None:
    for commodity, reading in enumerate(READINGS):
        advice = RESULT.of_commodity(commodity)
        assert advice.relaxed == tuple(reading.relaxed)
        assert Fraction(advice.unallocated_share) == reading.unallocated
        assert Fraction(advice.overcommitted_share) == reading.overcommitted
        assert RESULT.lower[reading.rows] == pytest.approx([float(low) for low in reading.l], abs=1e-12)
        assert RESULT.upper[reading.rows] == pytest.approx([float(high) for high in reading.u], abs=1e-12)


def test_shares_meet_the_conditions_of_the_optimum() -> None:
    for commodity in FEASIBLE:
        reading = READINGS[commodity]
        lambda_, x = RESULT.lambda_[commodity], RESULT.exact[reading.rows]
        assert x.sum() == pytest.approx(1, abs=1e-12)
        for share, p, t, low, high in zip(x, reading.p, reading.t, reading.l, reading.u, strict=True):
            wanted = float(t) + lambda_ * float(p)
            assert share == pytest.approx(min(max(wanted, float(low)), float(high)), abs=1e-11)


def test_a_general_solver_finds_no_better_split() -> None:
    for commodity in FEASIBLE:
        reading = READINGS[commodity]
        movable = [index for index, p in enumerate(reading.p) if p > 0]
        if not movable:
            continue
        p, t, low, high = (
            np.array([float(figures[index]) for index in movable])
            for figures in (reading.p, reading.t, reading.l, reading.u)
        )
        pinned = sum(float(reading.l[index]) for index, share in enumerate(reading.p) if share == 0)
        solved = solve(p, t, low, high, 1 - pinned)
        ours = RESULT.exact[reading.rows][movable]
        assert objective(ours, p, t) == pytest.approx(objective(solved, p, t), abs=1e-9)


def test_published_shares_are_the_exact_ones_within_a_millionth_and_inside_hard_bounds() -> None:
    for commodity in FEASIBLE:
        reading = READINGS[commodity]
        published = RESULT.share[reading.rows]
        assert published.sum() == 1_000_000
        assert np.abs(published / 1e6 - RESULT.exact[reading.rows]).max() < 2e-6
        for share, row, low, high in zip(published, reading.rows, reading.l, reading.u, strict=True):
            if LINES.blocked[row]:
                assert share == 0
            elif not reading.relaxed:
                assert low * 10**6 <= share <= high * 10**6
            else:
                assert share >= Fraction(str(LINES.min_share[row])) * 10**6
                assert share <= filled(LINES.capacity_share[row], 1) * 10**6
                assert share <= filled(LINES.max_share[row], 1) * 10**6


def test_explanations_add_up_to_the_change_everywhere() -> None:
    kept = ~RESULT.infeasible[LINES.commodity]
    change = RESULT.share - RESULT.baseline
    assert (RESULT.effects.sum(axis=1) == np.where(kept, change, 0)).all()
    assert np.abs(RESULT.effects[:, 4]).max() <= 3


def test_a_batch_of_many_gives_what_batches_of_one_give() -> None:
    for commodity in range(0, COMMODITIES, 3):
        rows = np.flatnonzero(LINES.commodity == commodity)
        alone = allocation.allocate(only(rows))
        same_lines(alone, rows)
        assert alone.lambda_[0] == RESULT.lambda_[commodity] or RESULT.infeasible[commodity]
        assert (alone.relaxed[0] == RESULT.relaxed[commodity]).all()
        assert alone.of_commodity(0) == RESULT.of_commodity(commodity)


def test_lines_in_any_order_give_the_same() -> None:
    order = np.random.default_rng(7).permutation(len(LINES))
    same_lines(allocation.allocate(only(order, renumber=False)), order)


def same_lines(result: AllocationResults, rows: NDArray[np.int64]) -> None:
    for column in ("share", "baseline", "effects", "bound", "lower", "upper", "multiplier"):
        assert (getattr(result, column) == getattr(RESULT, column)[rows]).all()
    assert np.array_equal(result.exact, RESULT.exact[rows], equal_nan=True)


def only(rows: NDArray[np.int64], *, renumber: bool = True) -> AllocationLines:
    columns = {name: getattr(LINES, name)[rows] for name in AllocationLines.__slots__}
    if renumber:
        columns["commodity"] = np.zeros_like(columns["commodity"])
    return AllocationLines(**columns)


def objective(x: NDArray[np.float64], p: NDArray[np.float64], t: NDArray[np.float64]) -> float:
    return float(((x - t) ** 2 / p).sum())


def solve(
    p: NDArray[np.float64], t: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], whole: float
) -> NDArray[np.float64]:
    """In y = x / sqrt(p), which makes the objective a plain distance."""
    n, scale = len(p), np.sqrt(p)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    solution = clarabel.DefaultSolver(
        sparse.csc_matrix(2 * np.eye(n)),
        -2 * t / scale,
        sparse.csc_matrix(np.vstack([scale, np.diag(scale), -np.diag(scale)])),
        np.concatenate([[whole], high, -low]),
        [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(2 * n)],
        settings,
    ).solve()
    return np.asarray(solution.x) * scale
