"""The table of docs/performance.md, written from results.json."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
HEAD = "| work | unit | ours | reference | ratio | goal | |\n|---|---|---:|---:|---:|---|---|\n"


def table(results: Sequence[dict[str, Any]]) -> str:
    """The rows of results.json as a table."""
    return HEAD + "".join(_row(result) for result in results)


def write(results: Sequence[dict[str, Any]], machine: str, page: Path = PAGE) -> None:
    """Put table and machine between their marks."""
    text = page.read_text(encoding="utf-8")
    for name, content in (("machine", machine + "\n"), ("results", table(results))):
        begin, rest = text.split(f"<!-- {name} -->\n", 1)
        text = f"{begin}<!-- {name} -->\n{content}<!-- end -->{rest.split('<!-- end -->', 1)[1]}"
    page.write_text(text, encoding="utf-8")


def shown(page: Path = PAGE) -> str:
    """The table that the page shows."""
    found = re.search(r"<!-- results -->\n(.*?)<!-- end -->", page.read_text(encoding="utf-8"), re.DOTALL)
    return "" if found is None else found[1]


def _row(result: dict[str, Any]) -> str:
    higher = result["better"] == "higher"
    met = result["ratio"] >= result["goal"] if higher else result["ratio"] <= result["goal"]
    goal = f"{'at least' if higher else 'at most'} {result['goal']:g} x"
    ours, reference, ratio = (f"{result[name]:g}" for name in ("ours", "reference", "ratio"))
    return (
        f"| {result['work']} | {result['unit']} | {ours} | {reference} | {ratio} x | {goal} "
        f"| {'met' if met else 'missed'} |\n"
    )
