"""The table that a suite prints at its end: what was tried, how often, and how often it went wrong."""

from collections.abc import Callable
from typing import Any

import pytest

COLUMNS = ("operations", "requests", "attacks", "failures")
Tried = Callable[..., None]


def noting(node: pytest.Item) -> Tried:
    """A function that notes `what` a test tried with its counts; it travels with the test's report, over xdist too."""

    def note(what: str, **counts: int) -> None:
        unknown = counts.keys() - set(COLUMNS)
        assert not unknown, unknown
        node.user_properties.append(("tried", {"what": what, **counts}))

    return note


def print_table(reporter: Any) -> None:
    """Sum up what all tests of the run noted, a line for each thing that was tried."""
    rows: dict[str, dict[str, int]] = {}
    for outcome in ("passed", "failed"):
        for report in reporter.stats.get(outcome, []):
            if getattr(report, "when", None) != "call":
                continue
            for name, noted in report.user_properties:
                if name != "tried":
                    continue
                row = rows.setdefault(noted["what"], dict.fromkeys(COLUMNS, 0))
                for column in COLUMNS:
                    row[column] += noted.get(column, 0)
    if not rows:
        return
    width = max(map(len, rows))
    reporter.section("what was tried")
    reporter.write_line(f"{'':<{width}}" + "".join(f"{column:>12}" for column in COLUMNS))
    for what, row in rows.items():
        reporter.write_line(f"{what:<{width}}" + "".join(f"{row[column]:>12,}" for column in COLUMNS))
    total = {column: sum(row[column] for row in rows.values()) for column in COLUMNS[1:]}
    reporter.write_line(f"{'together':<{width}}{'':>12}" + "".join(f"{total[column]:>12,}" for column in COLUMNS[1:]))
