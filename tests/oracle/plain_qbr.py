"""A second, slow reading of the quarterly business review: total, coverage, grade and its limits."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from tests.oracle import plain_scoring
from tests.oracle.plain_evidence import Supplier, read_suppliers, rows_of

WEIGHTS = {"quality": 30, "cost": 20, "delivery": 20, "service": 10, "sustainability": 20}
GRADES_FROM_BEST = ("A", "B", "C", "D")


@dataclass(frozen=True)
class PlainCard:
    """One supplier's review; `coverage` is the weight present, in percent."""

    supplier_code: str
    total: float
    coverage: int
    grade: str
    limits: tuple[str, ...]
    priority_missed: bool
    score: plain_scoring.PlainScore


def last_day_of(quarter: str) -> date:
    """Return the last day of a quarter such as 2026Q3."""
    year, number = int(quarter[:4]), int(quarter[5:])
    first_of_next = date(year + (number == 4), (3 * number) % 12 + 1, 1)
    return first_of_next - timedelta(days=1)


def review_folder(folder: Path, quarter: str) -> dict[str, PlainCard]:
    """Review every supplier of a folder that has a performance row or a sourcing line in the quarter."""
    day = last_day_of(quarter)
    scores = plain_scoring.score_folder(folder, day)
    suppliers = read_suppliers(folder, day)
    performance = {r["supplier_code"]: r for r in rows_of(folder, "performance.csv") if r["quarter"] == quarter}
    sourced = {r["supplier_code"] for r in rows_of(folder, "sourcing.csv") if r["quarter"] == quarter}
    cards = {}
    for code in sorted(performance.keys() | sourced):
        if suppliers[code].status in ("active", "probation"):
            row = performance.get(code, {})
            figures = {name: Fraction(row[name]) for name in WEIGHTS if row.get(name)}
            missed = priority_missed(suppliers[code], day)
            cards[code] = review(figures, scores[code], priority_missed=missed)
    return cards


def priority_missed(supplier: Supplier, day: date) -> bool:
    """Tell whether a priority finding is overdue, or implemented and 60 days past due without closing."""
    for finding in supplier.findings:
        state = plain_scoring.state_on(finding, day)
        if finding.severity != "priority" or state in (None, "closed"):
            continue
        implemented = plain_scoring.by(finding.implemented_on, day)
        if state == "overdue" or (implemented and day > plain_scoring.due_on(finding) + timedelta(days=60)):
            return True
    return False


def review(figures: dict[str, Fraction], score: plain_scoring.PlainScore, *, priority_missed: bool) -> PlainCard:
    """Grade the figures brought in together with the sustainability score."""
    present = figures | {"sustainability": Fraction(str(score.score))}
    coverage = sum(WEIGHTS[name] for name in present)
    weighted = sum((WEIGHTS[name] * figure for name, figure in present.items()), Fraction(0))
    total = plain_scoring.rounded(weighted / coverage)
    grade = "A" if total >= 85 else "B" if total >= 70 else "C" if total >= 50 else "D"
    limits: list[str] = []
    if coverage < 80:
        limits.append("coverage under 80")
        grade = worse_of(grade, "B")
    if score.risk_tier == "high":
        limits.append("risk tier high")
        grade = worse_of(grade, "B" if score.basis == "assumed" else "C")
    if coverage < 50 or not {"quality", "delivery"} & present.keys():
        limits.append("too little evidence")
        grade = "not_rated"
    if priority_missed:
        limits.append("priority finding missed")
        grade = "D"
    return PlainCard(score.supplier_code, total, coverage, grade, tuple(limits), priority_missed, score)


def worse_of(first: str, second: str) -> str:
    """Return the worse of two grades."""
    return max(first, second, key=GRADES_FROM_BEST.index)
