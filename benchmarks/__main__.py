"""Everything that is measured, in one go: `make bench`, or `python -m benchmarks reading allocation` for some of it.

BENCH_SCALE=0.05 makes a small run of it. Only runs at full size are kept: in results.json, and from there in the table
of docs/performance.md, where a run of some works renews their rows. A goal that is missed fails nothing; work that
cannot be measured does (1).
"""

import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from types import FrameType

from benchmarks import (
    allocation,
    finding_to_tier,
    findings_import,
    machine,
    memory,
    page,
    queries,
    reading,
    recalculation,
    results,
    statistics,
    writing,
)
from benchmarks.house import House, open_house
from benchmarks.results import Result
from benchmarks.rounds import SCALE_VARIABLE, say, scale

IN_THE_HOUSE: dict[str, Callable[[House], Sequence[Result]]] = {
    "reading": reading.measure,
    "writing": writing.measure,
    "finding_to_tier": finding_to_tier.measure,
    "findings_import": findings_import.measure,
    "memory": lambda house: memory.results(house.memory),
    "queries": queries.results,
}
"""One after the other in one stack; memory and queries last, since they tell of all before."""
ALONE: dict[str, Callable[[], Sequence[Result]]] = {
    "recalculation": recalculation.measure,
    "allocation": allocation.measure,
    "statistics": statistics.measure,
}
WORKS = (*IN_THE_HOUSE, *ALONE)


def main() -> int:
    """Measure, print, keep; 0 where everything could be measured."""
    named = sys.argv[1:] or list(WORKS)
    unknown = [name for name in named if name not in WORKS]
    if unknown:
        say(f"There is no {', '.join(unknown)}; there are {', '.join(WORKS)}.")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    found, failed = _measure(named)
    say(f"\n{page.table([result.as_json() for result in found])}\n{machine.describe()}")
    say(f"{(time.monotonic() - began) / 60:.0f} minutes")
    if failed:
        say(f"Not measured: {', '.join(failed)}. Nothing is kept.")
        return 1
    if scale() < 1:
        say(f"Nothing is kept: only a run with {SCALE_VARIABLE}=1 is.")
        return 0
    results.write(found, results.RESULTS)
    page.write(results.read(results.RESULTS), machine.describe())
    say(f"Kept in {results.RESULTS.relative_to(results.PROJECT)} and {page.PAGE.relative_to(results.PROJECT)}.")
    return 0


def _measure(named: Sequence[str]) -> tuple[list[Result], list[str]]:
    found: dict[str, Sequence[Result]] = {}
    failed: list[str] = []

    def attempt(name: str, work: Callable[[], Sequence[Result]]) -> None:
        began = time.monotonic()
        try:
            found[name] = work()
            say(f"{name}: {time.monotonic() - began:.0f} s")
        except Exception:  # noqa: BLE001  # the others are measured all the same
            failed.append(name)
            traceback.print_exc()

    inside = [name for name in named if name in IN_THE_HOUSE]
    if inside:

        def everything_inside() -> Sequence[Result]:
            with open_house() as house:
                for name in inside:
                    attempt(name, lambda name=name: IN_THE_HOUSE[name](house))  # type: ignore[misc]
            return []

        attempt("the running stack", everything_inside)
    for name in named:
        if name in ALONE:
            attempt(name, ALONE[name])
    return [result for name in WORKS for result in found.get(name, [])], failed


def _stop(_number: int, _frame: FrameType | None) -> None:
    """As Ctrl-C: what was started is stopped on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
