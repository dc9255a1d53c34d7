"""Counting how suppliers would stand under a policy beside how they stand under another."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from services.scoring.domain.policy import RISK_TIERS
from services.scoring.domain.qbr.constants import Grade

SEPARATOR = ">"
HUNDREDTHS = 100
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A supplier under a policy; `total` and `grade` are None where it is not reviewed."""

    score: float
    risk_tier: str
    total: float | None = None
    grade: str | None = None


class SupplierTally:
    """How many suppliers go from where to where; `state` says all of it in JSON, so that counting can go on later."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """Go on from a state, or begin."""
        held = state or {}
        self._counts = Counter[str](held.get("counts", {}))
        self._tiers = Counter[str](held.get("tiers", {}))
        self._grades = Counter[str](held.get("grades", {}))
        self._totals = Counter[str](held.get("totals", {}))
        self._sums = {name: float(held.get("sums", {}).get(name, 0)) for name in (BEFORE, AFTER)}

    @property
    def state(self) -> dict[str, Any]:
        """All that was counted."""
        return {
            "counts": dict(self._counts),
            "tiers": dict(self._tiers),
            "grades": dict(self._grades),
            "totals": dict(self._totals),
            "sums": self._sums,
        }

    def add(self, before: Outcome, after: Outcome) -> None:
        """Count one supplier in."""
        self._counts["suppliers"] += 1
        self._counts["raised"] += after.score > before.score
        self._counts["lowered"] += after.score < before.score
        self._sums[BEFORE] += before.score
        self._sums[AFTER] += after.score
        self._tiers[f"{before.risk_tier}{SEPARATOR}{after.risk_tier}"] += 1
        if before.grade is not None and after.grade is not None:
            self._grades[f"{before.grade}{SEPARATOR}{after.grade}"] += 1
        for name, outcome in ((BEFORE, before), (AFTER, after)):
            if outcome.total is not None:
                hundredths = round(outcome.total * HUNDREDTHS)
                self._totals[f"{name}{SEPARATOR}{outcome.grade}{SEPARATOR}{hundredths}"] += 1

    def totals(self, name: str) -> tuple[list[float], list[str]]:
        """The totals of all reviewed suppliers, before or after, and the grade of each."""
        totals: list[float] = []
        grades: list[str] = []
        for key, count in self._totals.items():
            when, grade, hundredths = key.split(SEPARATOR)
            if when == name:
                totals += [int(hundredths) / HUNDREDTHS] * count
                grades += [grade] * count
        return totals, grades

    def tiers(self) -> dict[str, Any]:
        """Scores and tiers, before and after."""
        suppliers = self._counts["suppliers"]
        return {
            "suppliers": suppliers,
            "changed": _changed(self._tiers),
            **_moves(self._tiers, RISK_TIERS),
            "mean_score_before": round(self._sums[BEFORE] / suppliers, 2) if suppliers else None,
            "mean_score_after": round(self._sums[AFTER] / suppliers, 2) if suppliers else None,
            "raised": self._counts["raised"],
            "lowered": self._counts["lowered"],
        }

    def grades(self) -> dict[str, Any]:
        """Grades, before and after."""
        before, after = self.totals(BEFORE)[0], self.totals(AFTER)[0]
        return {
            "suppliers": self._grades.total(),
            "changed": _changed(self._grades),
            **_moves(self._grades, tuple(str(grade) for grade in Grade)),
            "median_total_before": median(before) if before else None,
            "median_total_after": median(after) if after else None,
        }


def _changed(moves: Counter[str]) -> int:
    return sum(count for move, count in moves.items() if len(set(move.split(SEPARATOR))) > 1)


def _moves(moves: Counter[str], names: tuple[str, ...]) -> dict[str, Any]:
    """How many have each before and after, and the migration matrix: before -> after -> how many."""
    matrix = {one: {other: moves[f"{one}{SEPARATOR}{other}"] for other in names} for one in names}
    return {
        "before": {name: sum(matrix[name].values()) for name in names},
        "after": {name: sum(row[name] for row in matrix.values()) for name in names},
        "migration": matrix,
    }
