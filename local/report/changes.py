"""Whose risk tier changed from the end of one quarter to the next, and why; the most important first."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rich.console import Console

from bellwether.api import Api
from local.report.evidence import why
from local.report.wording import coloured, new_table, print_titled

QUARTERS_LOOKED_AT = 4
# The scores of some past days are asked for one by one: so many suppliers' take a few seconds.
SUPPLIERS_LOOKED_AT = 120
FINDINGS_LOOKED_AT = 2000
SHOWN_CHANGES = 16
OPEN_PRIORITY = "open_priority_finding"


@dataclass(frozen=True, slots=True)
class Moment:
    """A day whose scores are compared with those of the day before it in the list."""

    name: str
    day: date


@dataclass(frozen=True, slots=True)
class Path:
    """A supplier's scores at each of the moments."""

    supplier: dict[str, Any]
    scores: list[dict[str, Any]]

    @property
    def changes(self) -> list[int]:
        """The moments at which the risk tier is not what it was at the moment before."""
        tiers = [score["risk_tier"] for score in self.scores]
        return [now for now in range(1, len(tiers)) if tiers[now] != tiers[now - 1]]

    @property
    def importance(self) -> tuple[bool, bool, bool, float]:
        """Greater is more important: priority findings, high risk, key suppliers, then how far the score moved."""
        totals = [score["score"] for score in self.scores]
        return (
            any(OPEN_PRIORITY in score["tier_reasons"] for score in self.scores),
            any(score["risk_tier"] == "high" for score in self.scores),
            self.supplier["kind"] == "key",
            max(totals) - min(totals),
        )


def moments_until(quarter: str, today: date) -> list[Moment]:
    """The ends of the last quarters up to `quarter` (as in 2026Q3), and today."""
    year, number = int(quarter[:4]), int(quarter[5:])
    moments = []
    for back in reversed(range(QUARTERS_LOOKED_AT)):
        index = year * 4 + number - 1 - back
        months = index * 3 + 3
        end = date(months // 12, months % 12 + 1, 1) - timedelta(days=1)
        moments.append(Moment(f"{index // 4}Q{index % 4 + 1}", end))
    return [*(moment for moment in moments if moment.day < today), Moment("today", today)]


def print_changes(
    api: Api, suppliers: list[dict[str, Any]], scores: list[dict[str, Any]], moments: list[Moment], console: Console
) -> None:
    """The changes of the suppliers with the most evidence, with what was behind them."""
    looked_at = suppliers_to_look_at(api, suppliers, scores)
    paths = [_path(api, supplier, score, moments) for supplier, score in looked_at]
    changed = sorted((path for path in paths if path.changes), key=lambda path: path.importance, reverse=True)
    since = f"since {moments[0].name}"
    if not changed:
        looked_at_all = f"None of the {len(paths)} suppliers with evidence has changed its risk tier {since}."
        console.print("\n" + (looked_at_all if paths else "No supplier has evidence, so no risk tier has changed."))
        return
    table = new_table(
        Supplier="left", At="left", Tier="left", Score="left", Why="wrap",
    )  # fmt: skip
    shown, rows = 0, 0
    for path in changed:
        if rows + len(path.changes) > SHOWN_CHANGES:
            break
        for cells in _rows(api, path, moments):
            table.add_row(*cells)
        shown, rows = shown + 1, rows + len(path.changes)
    print_titled(console, f"Whose risk tier changed {since}, and why (in points of the score)", table)
    if any(path.supplier["kind"] == "key" for path in changed[:shown]):
        console.print("* key supplier")
    if shown < len(changed):
        rest = ", ".join(sorted(path.supplier["code"] for path in changed[shown:][:SHOWN_CHANGES]))
        more = " and others" if len(changed) - shown > SHOWN_CHANGES else ""
        console.print(f"{len(changed) - shown} more suppliers changed: {rest}{more}.")


def suppliers_to_look_at(
    api: Api, suppliers: list[dict[str, Any]], scores: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Suppliers with their scores today: those with findings first, then others whose score is not all assumed."""
    weights: Counter[str] = Counter()
    for severity, weight in (("priority", 40), ("major", 12)):
        listed = api.items("audit", "/v1/findings", severity=severity, limit=200)
        for finding in itertools.islice(listed, FINDINGS_LOOKED_AT):
            weights[finding["supplier_id"]] += weight
    known = {supplier["id"]: supplier for supplier in suppliers}
    with_evidence = [
        (known[score["supplier_id"]], score)
        for score in scores
        if score["supplier_id"] in known and (score["basis"] != "assumed" or weights[score["supplier_id"]])
    ]
    with_evidence.sort(key=lambda each: (-weights[each[0]["id"]], each[0]["kind"] != "key", each[0]["code"]))
    return with_evidence[:SUPPLIERS_LOOKED_AT]


def _path(api: Api, supplier: dict[str, Any], score: dict[str, Any], moments: list[Moment]) -> Path:
    url = f"/v1/scores/{supplier['id']}"
    past = [api.get("scoring", url, as_of=moment.day.isoformat()) for moment in moments[:-1]]
    return Path(supplier, [*past, score])


def _rows(api: Api, path: Path, moments: list[Moment]) -> Iterator[tuple[str, ...]]:
    listed = api.items("audit", "/v1/findings", supplier_id=path.supplier["id"], limit=200)
    provisions = {finding["id"]: finding["provision"] for finding in itertools.islice(listed, FINDINGS_LOOKED_AT)}
    url = f"/v1/scores/{path.supplier['id']}/explanation"
    code = path.supplier["code"] + ("*" if path.supplier["kind"] == "key" else "")
    for now in path.changes:
        before, after = (api.get("scoring", url, as_of=moments[index].day.isoformat()) for index in (now - 1, now))
        tiers = "→".join(coloured(each["risk_tier"]) for each in (before, after))
        totals = f"{before['score']:.1f}→{after['score']:.1f}"
        yield code, moments[now].name, tiers, totals, why(before, after, provisions)
        code = ""
