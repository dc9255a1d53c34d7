"""The tables that the demo prints: tiers, changes, the quarter's ranking, the order allocation."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from local.api import Api

RISK_TIERS = ("high", "medium", "low")
COLOURS = {"high": "red", "medium": "yellow", "low": "green", "A": "green", "B": "green", "C": "yellow", "D": "red"}
SHOWN = 12


def print_tiers(api: Api, console: Console) -> list[dict[str, Any]]:
    """Suppliers by supply tier and risk tier; returns the scores."""
    supply_tiers = {
        supplier["id"]: supplier["supply_tier"] for supplier in api.items("registry", "/v1/suppliers", limit=200)
    }
    scores = list(api.items("scoring", "/v1/scores", limit=200))
    counts = Counter((supply_tiers.get(score["supplier_id"]), score["risk_tier"]) for score in scores)
    table = Table(title="Suppliers by supply tier and risk tier")
    table.add_column("Supply tier")
    for tier in (*RISK_TIERS, "all"):
        table.add_column(tier, justify="right", style=COLOURS.get(tier, ""))
    for supply_tier in sorted({key[0] for key in counts}, key=lambda tier: (tier is None, tier)):
        row = [counts[supply_tier, tier] for tier in RISK_TIERS]
        table.add_row("not stated" if supply_tier is None else str(supply_tier), *map(str, [*row, sum(row)]))
    console.print(table)
    return scores


def print_changes(api: Api, scores: list[dict[str, Any]], console: Console) -> None:
    """Whose risk tier changed, from what to what, and the rules that gave the present one."""
    table = Table(title="Whose risk tier changed, and why")
    for column in ("Supplier", "Was", "Is", "Score", "Why"):
        table.add_column(column, justify="right" if column == "Score" else "left")
    changed = 0
    for score in sorted(scores, key=lambda score: (RISK_TIERS.index(score["risk_tier"]), score["score"])):
        history = api.get("scoring", f"/v1/scores/{score['supplier_id']}/history", limit=100)["items"]
        before = next((row["risk_tier"] for row in history if row["risk_tier"] != score["risk_tier"]), None)
        if before is None:
            continue
        changed += 1
        reasons = "; ".join(map(reason_text, score["tier_reasons"])) or "no rule for a higher risk applies"
        table.add_row(
            score["supplier_code"], coloured(before), coloured(score["risk_tier"]), f"{score['score']:.2f}", reasons
        )
        if changed == SHOWN:
            break
    if changed:
        console.print(table)
    else:
        console.print("No supplier's risk tier has changed.")


def print_review(api: Api, quarter: str, console: Console) -> None:
    """The quarter's ranking."""
    cards = list(api.items("scoring", f"/v1/qbrs/{quarter}/scorecards", limit=200))
    cards.sort(key=lambda card: (card["total"] is None, -(card["total"] or 0)))
    dimensions = ("quality", "cost", "delivery", "service", "sustainability")
    table = Table(title=f"Quarterly business review {quarter}")
    for column in ("", "Supplier", "Total", "Grade", *dimensions, "Limits"):
        table.add_column(column, justify="left" if column in ("Supplier", "Grade", "Limits") else "right")
    for place, card in enumerate(cards[:SHOWN], start=1):
        values = [number(card["dimensions"].get(name)) for name in dimensions]
        limits = "; ".join(map(reason_text, card["limits"]))
        table.add_row(
            str(place), card["supplier_code"], number(card["total"]), coloured(card["grade"]), *values, limits
        )
    console.print(table)
    if len(cards) > SHOWN:
        console.print(f"... and {len(cards) - SHOWN} more.")


def print_allocations(allocations: list[dict[str, Any]], console: Console) -> None:
    """Each commodity's lines: share before and after, and the reasons."""
    for allocation in allocations:
        title = f"Order allocation {allocation['commodity']}, {allocation['valid_from']} to {allocation['valid_to']}"
        table = Table(title=f"{title} ({allocation['status']})")
        for column in ("Supplier", "Grade", "Risk", "Share", "Recommended", "Change", "Reasons"):
            table.add_column(column, justify="right" if column in ("Share", "Recommended", "Change") else "left")
        for line in allocation["lines"]:
            table.add_row(
                line["supplier_code"],
                coloured(line["grade"]),
                coloured(line["risk_tier"]),
                f"{line['baseline_share']:.1%}",
                f"{line['recommended_share']:.1%}",
                f"{line['delta']:+.1%}",
                "; ".join(map(reason_text, line["reasons"])),
            )
        console.print(table)


def reason_text(reason: Any) -> str:
    """A reason as words, whether it comes as text or with a text of its own."""
    if isinstance(reason, dict):
        return str(reason.get("text") or reason.get("detail") or reason.get("rule") or reason.get("code") or reason)
    return str(reason)


def number(value: float | None) -> str:
    """Two decimals, or a dash."""
    return "-" if value is None else f"{value:.2f}"


def coloured(word: str | None) -> str:
    """A tier or grade in its colour."""
    return f"[{COLOURS[word]}]{word}[/]" if word in COLOURS else str(word or "-")
