"""The quarter's business review: how many of each grade, who leads, who trails, and which limits held them."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console

from bellwether.api import Api
from local.report.wording import LIMITS, coloured, figure, new_table, print_titled

GRADES = ("A", "B", "C", "D", "not_rated")
SHOWN_AT_EACH_END = 8
DIMENSIONS = ("quality", "cost", "delivery", "service", "sustainability")


def print_ranking(api: Api, quarter: str, console: Console) -> None:
    """The best and the worst, by grade and then by total."""
    cards = list(api.items("scoring", f"/v1/qbrs/{quarter}/scorecards", limit=200))
    cards.sort(key=lambda card: (GRADES.index(card["grade"]), card["rank"]))
    table = new_table(
        Supplier="left", Name="left", Grade="left", Total="right", Q="right", C="right", D="right", S="right",
        ESG="right", Limits="wrap",
    )  # fmt: skip
    left_out = len(cards) - 2 * SHOWN_AT_EACH_END
    for place, card in enumerate(cards):
        if left_out > 0 and SHOWN_AT_EACH_END <= place < len(cards) - SHOWN_AT_EACH_END:
            if place == SHOWN_AT_EACH_END:
                table.add_row("...", f"{left_out} more")
            continue
        dimensions = [figure(card["dimensions"][name], 0) for name in DIMENSIONS]
        limits = ", ".join(LIMITS.get(limit, limit) for limit in card["limits"])
        name = shortened(card["name"])
        table.add_row(
            card["supplier_code"], name, coloured(card["grade"]), figure(card["total"], 2), *dimensions, limits
        )
    print_titled(console, f"Quarterly business review {quarter}: {grades_in_words(cards)}", table)
    console.print("Q quality, C cost, D delivery, S service, ESG sustainability at quarter's end.")


def grades_in_words(cards: Iterable[dict[str, Any]]) -> str:
    """How many suppliers have each grade."""
    grades = [card["grade"] for card in cards]
    counted = [f"{grades.count(grade)} {grade.replace('_', ' ')}" for grade in GRADES if grade in grades]
    return ", ".join(counted)


def shortened(name: str, most: int = 16) -> str:
    """A name that leaves room for the rest of its row."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip(' ,(')}…"
