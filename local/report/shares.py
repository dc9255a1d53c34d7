"""The order allocation: what each supplier gets, what moved its share, and where suppliers cannot carry the volume."""

import statistics
from typing import Any

from rich.console import Console

from local.report.wording import BOUNDS, RELAXED, coloured, new_table, percent, points, print_titled

SHOWN_IN_FULL = 6
# Changes that no reader of shares with one decimal could see.
UNSEEN = 0.0005
STATES = {"high_risk": "high risk", "priority_missed": "priority missed", "not_rated": "not rated"}


def print_shares(allocations: list[dict[str, Any]], descriptions: dict[str, str], console: Console) -> None:
    """The commodities that moved most in full, the rest in a line, and a summary over all of them."""
    if not allocations:
        return
    first = allocations[0]
    validity = f"{first['valid_from']} to {first['valid_to']}"
    console.print(f"\n[bold]Order allocation on the review of {first['qbr_quarter']}, valid {validity}[/]")
    by_turnover = sorted(allocations, key=turnover, reverse=True)
    for allocation in by_turnover[:SHOWN_IN_FULL]:
        description = descriptions.get(allocation["commodity"]) or ""
        _print_commodity(allocation, f"{allocation['commodity']} {description}".rstrip(), console)
    console.print()
    rest = by_turnover[SHOWN_IN_FULL:]
    if rest:
        moved = statistics.median(map(turnover, rest))
        listed = ", ".join(sorted(allocation["commodity"] for allocation in rest))
        console.print(f"{len(rest)} more commodities, {100 * moved:.1f} points moved in the median: {listed}.")
    for allocation in allocations:
        for sentence in _exceptions(allocation):
            console.print(f"{allocation['commodity']}: {sentence}.")
    for sentence in summary(allocations):
        console.print(sentence)


def turnover(allocation: dict[str, Any]) -> float:
    """The part of a commodity's volume that changes hands; 0 where there is no recommendation."""
    moved: float = sum(abs(line["delta"] or 0.0) for line in allocation["lines"])
    return moved / 2


def reasons_of(line: dict[str, Any]) -> str:
    """What moved a line's share, in percentage points, and what stopped it."""
    if line["blocked"] or line["bound"] == "blocked":
        return "blocked"
    if line["bound"] == "new_source":
        return "new source: trial volume"
    reasons = [STATES[reason["code"]] for reason in line["reasons"] if reason["code"] in STATES]
    effects = line["effects"] or {}
    for name in ("score", "multiplier", "rebalancing", "bound"):
        effect = effects.get(name, 0.0)
        if abs(effect) >= UNSEEN:
            stopped = BOUNDS.get(line["bound"], "limits") if name == "bound" else name
            reasons.append(f"{stopped} {points(effect)}")
    if line["bound"] in BOUNDS and abs(effects.get("bound", 0.0)) < UNSEEN:
        reasons.append(BOUNDS[line["bound"]])
    return ", ".join(reasons)


def summary(allocations: list[dict[str, Any]]) -> list[str]:
    """How far all lines moved, and who wins and loses most."""
    lines = [
        (line["delta"], line["supplier_code"], allocation["commodity"])
        for allocation in allocations
        for line in allocation["lines"]
        if line["delta"] is not None
    ]
    if not lines:
        return ["No commodity has a recommendation."]
    median = 100 * statistics.median(abs(delta) for delta, _, _ in lines)
    (most, winner, won), (least, loser, lost) = max(lines), min(lines)
    return [
        f"{len(lines)} lines of {len(allocations)} commodities; median absolute change {median:.2f} points.",
        f"Largest gain {points(most)}: {winner} in {won}; largest loss {points(least)}: {loser} in {lost}.",
    ]


def _print_commodity(allocation: dict[str, Any], title: str, console: Console) -> None:
    table = new_table(
        Supplier="left", Grade="left", Risk="left", Before="right", After="right", Change="right", Why="wrap"
    )
    # So that the columns of one commodity stand below those of another.
    table.columns[2].min_width = len("medium")
    for line in sorted(allocation["lines"], key=lambda line: (-line["baseline_share"], line["supplier_code"])):
        before, after = percent(line["baseline_share"]), percent(line["recommended_share"])
        change = "" if line["delta"] is None else points(line["delta"])
        tier = coloured(line["risk_tier"])
        table.add_row(line["supplier_code"], coloured(line["grade"]), tier, before, after, change, reasons_of(line))
    print_titled(console, title, table)


def _exceptions(allocation: dict[str, Any]) -> list[str]:
    sentences = []
    if allocation["infeasible"]:
        short, over = allocation["unallocated_share"], allocation["overcommitted_share"]
        sentences.append(
            f"infeasible, the suppliers cannot carry {percent(short)} of the volume"
            if short
            else f"infeasible, contracts promise {percent(over)} more than there is"
        )
    if allocation["relaxed"]:
        groups = "; ".join(RELAXED.get(group, group) for group in allocation["relaxed"])
        sentences.append(f"too little room, so {groups}")
    return sentences
