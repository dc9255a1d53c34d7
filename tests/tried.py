"""The table that a suite prints at its end: what was tried, how often, and how often it went wrong."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

COLUMNS = ("operations", "requests", "attacks", "kills", "faults", "losses", "wrong", "doubled", "failures", "backlog")
"""What may be counted, in the order of the table; a column of which nobody notes anything is left out."""
HOW_LONG = "backlog"
"""Seconds, of which the longest is shown; everything else is added up."""
Tried = Callable[..., None]


def noting(node: pytest.Item) -> Tried:
    """A function that notes `what` a test tried with its counts; it travels with the test's report, over xdist too."""

    def note(what: str, **counts: float) -> None:
        unknown = counts.keys() - set(COLUMNS)
        assert not unknown, unknown
        node.user_properties.append(("tried", {"what": what, **counts}))

    return note


def print_table(reporter: Any) -> None:
    """Sum up what all tests of the run noted, a line for each thing that was tried."""
    told = [
        (name, value)
        for outcome in ("passed", "failed")
        for report in reporter.stats.get(outcome, [])
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
    ]
    noted = [value for name, value in told if name == "tried"]
    if not noted:
        return
    columns = [column for column in COLUMNS if any(column in each for each in noted)]
    rows = {
        what: {column: _together(column, [each for each in noted if each["what"] == what]) for column in columns}
        for what in dict.fromkeys(each["what"] for each in noted)
    }
    width = max(len("together"), *map(len, rows))
    reporter.section("what was tried")
    for seed in dict.fromkeys(value for name, value in told if name == "seed"):
        reporter.write_line(seed)
    reporter.write_line(f"{'':<{width}}" + "".join(f"{column:>12}" for column in columns))
    for what, row in rows.items():
        reporter.write_line(f"{what:<{width}}" + "".join(map(_shown, row.values())))
    # Each part of a suite tries the same operations.
    total = ["" if column == "operations" else _together(column, rows.values()) for column in columns]
    reporter.write_line(f"{'together':<{width}}" + "".join(map(_shown, total)))


def _together(column: str, noted: Iterable[dict[str, Any]]) -> float:
    counts = [each.get(column, 0) for each in noted]
    return max(counts) if column == HOW_LONG else sum(counts)


def _shown(count: float | str) -> str:
    return f"{count:>12.1f}" if isinstance(count, float) else f"{count:>12}" if count == "" else f"{count:>12,}"
