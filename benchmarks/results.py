"""What a run comes to: one result per row of the table, and the file that holds them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benchmarks" / "results.json"
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Result:
    """One piece of work beside its reference, both in `unit`; `goal` is what their ratio should come to."""

    work: str
    ours: float
    reference: float
    unit: str
    goal: float
    better: Literal["higher", "lower"]

    @property
    def ratio(self) -> float:
        """Ours by the reference."""
        return self.ours / self.reference

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal if self.better == "higher" else self.ratio <= self.goal

    def as_json(self) -> dict[str, Any]:
        """As results.json holds it."""
        figures = {"ours": _short(self.ours), "reference": _short(self.reference), "unit": self.unit}
        return {"work": self.work, **figures, "ratio": _short(self.ratio), "goal": self.goal, "better": self.better}


def write(results: Sequence[Result], path: Path) -> None:
    """Keep a run: its rows take the place of those of the same work, the others stay."""
    kept = {row["work"]: row for row in read(path)} if path.exists() else {}
    kept |= {result.work: result.as_json() for result in results}
    path.write_text(json.dumps(list(kept.values()), indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> list[dict[str, Any]]:
    """What is kept of the last runs."""
    return list(json.loads(path.read_text(encoding="utf-8")))


def _short(figure: float) -> float:
    return float(f"{figure:.{DIGITS}g}")
