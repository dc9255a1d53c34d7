"""How many suppliers of each supply tier are at which risk."""

from collections import Counter
from typing import Any

from rich.console import Console

from local.report.wording import coloured, new_table, print_titled

RISK_TIERS = ("high", "medium", "low")
NAMES = {1: "1 assembly", 2: "2 components", 3: "3 raw materials", None: "not stated"}


def print_tiers(suppliers: list[dict[str, Any]], scores: list[dict[str, Any]], console: Console) -> None:
    """Suppliers by supply tier and risk tier, with the share of each supply tier."""
    supply_tiers = {supplier["id"]: supplier["supply_tier"] for supplier in suppliers}
    counts = Counter((supply_tiers.get(score["supplier_id"]), score["risk_tier"]) for score in scores)
    table = new_table(**{"Supply tier": "left"}, high="right", medium="right", low="right", all="right")
    present = sorted({supply_tier for supply_tier, _ in counts}, key=lambda tier: (tier is None, tier or 0))
    for supply_tier in present:
        row = [counts[supply_tier, tier] for tier in RISK_TIERS]
        table.add_row(NAMES.get(supply_tier, str(supply_tier)), *_with_shares(row))
    if len(present) > 1:
        table.add_section()
        row = [sum(counts[supply_tier, tier] for supply_tier in present) for tier in RISK_TIERS]
        table.add_row("all", *_with_shares(row))
    print_titled(console, "Suppliers by supply tier and risk tier today", table)


def _with_shares(row: list[int]) -> list[str]:
    cells = [coloured(tier, f"{count} ({count / sum(row):4.0%})") for tier, count in zip(RISK_TIERS, row, strict=True)]
    return [*cells, str(sum(row))]
