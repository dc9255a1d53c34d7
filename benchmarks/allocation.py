"""Order allocation against a general QP solver on the same cases.

20,000 commodities of 8 suppliers. By turns the domain's function takes them all in one call (checks, bounds, relaxing,
shares, rounding, effects: everything but the database), and Clarabel solves them one at a time, given targets and
bounds as arrays. Of Clarabel's time, solving is told apart from what it takes to put a problem into its matrices; and
`balance` alone is timed too, which does what the solver does. In the same run each split is held against the conditions
of the optimum, and its objective against the solver's.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import clarabel
import numpy as np
from scipy import sparse

from benchmarks.results import Result
from benchmarks.rounds import by_turns, say, scaled
from services.scoring.domain.allocation import AllocationConstants, AllocationLines, AllocationResults, allocate
from services.scoring.domain.allocation.balance import balance
from services.scoring.domain.allocation.book import Book, open_book
from services.scoring.domain.allocation.bounds import Bounds, bounds
from services.scoring.domain.allocation.commodities import MICRO
from services.scoring.domain.allocation.lines import Flags, Floats, Ints
from services.scoring.domain.allocation.relaxation import relax
from services.scoring.domain.allocation.targets import targets

GOAL = 50
CASES = 20_000
ROUNDS = 5
SUPPLIERS = 8
EXACT = 1e-9
RULES = AllocationConstants()


def draw(commodities: int) -> AllocationLines:
    """Commodities with all kinds of grades, tiers, bounds and limits, in the order in which the database gives them."""
    rng = np.random.default_rng(20260930)
    n = commodities * SUPPLIERS
    commodity = np.repeat(np.arange(commodities), SUPPLIERS)

    def some(part: float, figures: Floats) -> Floats:
        return np.where(rng.random(n) < part, figures, np.nan)

    def flags(part: float) -> Flags:
        return np.asarray(rng.random(n) < part)

    raw = rng.random(n) + 0.05
    share = raw / np.bincount(commodity, weights=raw)[commodity]
    total = np.round(np.clip(rng.normal(74, 12, n), 0, 100), 2).astype(np.float64)
    codes = np.sort(rng.integers(0, 10_000, (commodities, SUPPLIERS)) * 10 + np.arange(SUPPLIERS), axis=1)
    limits = np.where(rng.random(commodities) < 1 / 10, 0.3, np.nan)
    return AllocationLines(
        commodity=commodity,
        supplier_code=np.char.mod("S%06d", codes.ravel()),
        baseline_share=share,
        qbr_total=total,
        grade=np.array(["D", "C", "B", "A"])[np.searchsorted([50, 70, 85], total, side="right")],
        risk_tier=rng.choice(["low", "medium", "high"], n, p=[0.5, 0.35, 0.15]),
        basis=rng.choice(["assessed", "partly", "assumed"], n, p=[0.6, 0.2, 0.2]),
        priority_missed=flags(0.02),
        capacity_share=some(0.3, share * rng.uniform(1.0, 1.6, n)),
        max_share=some(0.1, share * rng.uniform(1.0, 2.0, n)),
        min_share=some(0.2, share * rng.uniform(0.2, 0.9, n)),
        blocked=flags(0.01),
        largest_share=limits[commodity],
    )


@dataclass(frozen=True)
class Problem:
    """One commodity's movable lines: the least sum (x - t)^2 / p with sum x = whole and l <= x <= u."""

    p: Floats
    t: Floats
    l: Floats  # noqa: E741  # as the formulas call it
    u: Floats
    whole: float


@dataclass(frozen=True)
class Prepared:
    """What `balance` starts from, and the same problem by problem."""

    book: Book
    target: Floats
    limits: Bounds
    problems: dict[int, Problem]

    @classmethod
    def of(cls, lines: AllocationLines, results: AllocationResults) -> "Prepared":
        """The problems of all commodities that can be shared out."""
        book = open_book(lines)
        target = targets(book, RULES).target
        limits, _ = relax(book, bounds(book, RULES))
        problems = {}
        for commodity in np.flatnonzero(~results.infeasible).tolist():
            rows = slice(commodity * SUPPLIERS, (commodity + 1) * SUPPLIERS)
            movable = ~limits.fixed[rows]
            p, t, low, high = (
                column[rows][movable] / MICRO for column in (book.share, target, limits.lower, limits.upper)
            )
            pinned = limits.lower[rows][~movable].sum() / MICRO
            problems[commodity] = Problem(p, t, low, high, 1 - pinned)
        return cls(book, target, limits, problems)

    def balance(self) -> None:
        """The shares alone."""
        limits, book = self.limits, self.book
        balance(self.target, book.share, limits.lower, limits.upper, limits.fixed, book.commodities)


class Solver:
    """Clarabel, one problem at a time; what does not change from one to the next is made once."""

    def __init__(self) -> None:
        """With tolerances that hold the objective to 1e-9."""
        self.settings = clarabel.DefaultSettings()
        self.settings.verbose = False
        self.settings.tol_gap_abs = self.settings.tol_gap_rel = self.settings.tol_feas = 1e-12
        self.shapes = {n: self._shape(n) for n in range(1, SUPPLIERS + 1)}
        self.solving = 0.0

    @staticmethod
    def _shape(n: int) -> tuple[sparse.csc_matrix, Ints, Ints, list[object]]:
        column = np.arange(n)
        rows = np.column_stack([np.zeros(n, dtype=np.int64), 1 + column, 1 + n + column]).ravel()
        cones: list[object] = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(2 * n)]
        return sparse.csc_matrix(2 * np.eye(n)), rows, np.arange(0, 3 * n + 1, 3), cones

    def solve(self, problem: Problem) -> Floats:
        """The optimum, in y = x / sqrt(p), which makes the objective a plain distance."""
        n, scale = len(problem.p), np.sqrt(problem.p)
        quadratic, rows, starts, cones = self.shapes[n]
        data = np.column_stack([scale, scale, -scale]).ravel()
        constraints = sparse.csc_matrix((data, rows, starts), shape=(2 * n + 1, n))
        right = np.concatenate([[problem.whole], problem.u, -problem.l])
        began = time.perf_counter()
        solution = clarabel.DefaultSolver(
            quadratic, -2 * problem.t / scale, constraints, right, cones, self.settings
        ).solve()
        self.solving += time.perf_counter() - began
        return np.asarray(solution.x) * scale


def objective(x: Floats, problem: Problem) -> float:
    """What is made as small as it can be."""
    return float(((x - problem.t) ** 2 / problem.p).sum())


def compare(results: AllocationResults, prepared: Prepared, solved: dict[int, Floats]) -> tuple[float, float]:
    """The largest lack of an objective against the solver's, and the largest residual of an optimum's conditions."""
    worse, residual = 0.0, 0.0
    for commodity, problem in prepared.problems.items():
        rows = slice(commodity * SUPPLIERS, (commodity + 1) * SUPPLIERS)
        x = results.exact[rows][~prepared.limits.fixed[rows]]
        worse = max(worse, abs(objective(x, problem) - objective(solved[commodity], problem)))
        wanted = np.clip(problem.t + results.lambda_[commodity] * problem.p, problem.l, problem.u)
        residual = max(residual, float(np.abs(x - wanted).max(initial=0)), abs(float(x.sum()) - problem.whole))
    return worse, residual


def measure() -> list[Result]:
    """By turns, then the check."""
    commodities, rounds = scaled(CASES, least=500), scaled(ROUNDS, least=3)
    lines = draw(commodities)
    results = allocate(lines)
    prepared = Prepared.of(lines, results)
    solver = Solver()
    solved: dict[int, Floats] = {}
    solving: list[float] = []

    def with_solver() -> None:
        solver.solving = 0.0
        solved.update({commodity: solver.solve(problem) for commodity, problem in prepared.problems.items()})
        solving.append(solver.solving)

    median = by_turns(
        rounds,
        {
            "ours": lambda: _seconds(lambda: allocate(lines)),
            "balance": lambda: _seconds(prepared.balance),
            "Clarabel": lambda: _seconds(with_solver),
        },
    )
    worse, residual = compare(results, prepared, solved)
    relaxed, infeasible = int(results.relaxed.any(axis=1).sum()), int(results.infeasible.sum())
    say(
        f"  {commodities} commodities x {SUPPLIERS}, {relaxed} relaxed, {infeasible} infeasible\n"
        f"  all of it in one call {1000 * median['ours']:.1f} ms, the shares alone {1000 * median['balance']:.1f} ms,"
        f" Clarabel {1000 * median['Clarabel']:.1f} ms, of which solving {1000 * statistics.median(solving):.1f} ms\n"
        f"  objective within {worse:.1e} of the solver's, conditions of the optimum within {residual:.1e}"
    )
    if worse > EXACT or residual > EXACT:
        raise RuntimeError(f"not the optimum: within {EXACT:g} was wanted")
    work, each = f"allocate {CASES:,} x {SUPPLIERS}", "commodities/s"
    solver_rate = commodities / median["Clarabel"]
    return [
        Result(
            f"{work}, one call of the domain function", commodities / median["ours"], solver_rate, each, GOAL, "higher"
        ),
        Result(
            f"{work}, the shares alone, against solving alone",
            commodities / median["balance"],
            commodities / statistics.median(solving),
            each,
            GOAL,
            "higher",
        ),
    ]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
