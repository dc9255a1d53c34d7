"""How the report writes tiers, grades, rules and figures, so that its tables fit into 80 columns."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

COLOURS = {"high": "red", "medium": "yellow", "low": "green", "A": "green", "B": "green", "C": "yellow", "D": "red"}
CATEGORIES = {
    "management_system": "management",
    "labor_employment": "labor",
    "environmental_impact": "environment",
    "product_liability": "product",
}
LIMITS = {
    "coverage_too_low": "too little known",
    "no_quality_or_delivery": "no quality or delivery",
    "coverage_incomplete": "partial data",
    "risk_tier_high": "high risk",
    "risk_tier_high_assumed": "assumed high",
    "priority_missed": "priority missed",
}
BOUNDS = {
    "capacity": "capacity",
    "max_share": "agreed maximum",
    "max_change": "at most 10 points",
    "contract": "contract",
    "no_more": "no more than before",
    "never_less": "grade protects",
    "raised_limit": "limit raised",
    "lowered_limit": "protection lowered",
}
RELAXED = {
    "upper_of_a_b_not_rated": "more than usual for A, B and not rated",
    "upper_of_c": "more than usual for C",
    "upper_of_bad": "more than usual for D and high risk",
    "never_less": "less protection for A and B",
    "all_lower": "less protection for all",
}
NONE = "-"


def new_table(**columns: str) -> Table:
    """A table without frame; `columns` are headings, and how they are justified (`wrap`: text that may be long)."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    for heading, justify in columns.items():
        # Figures and codes never wrap.
        table.add_column(heading, justify="right" if justify == "right" else "left", no_wrap=justify != "wrap")
    return table


def print_titled(console: Console, title: str, table: Table) -> None:
    """A table below its title; a long title may be wider than its table."""
    console.print(f"\n[bold]{escape(title)}[/]", highlight=False)
    console.print(table)


def coloured(word: str | None, text: str | None = None) -> str:
    """A tier or grade in its colour, as `text` where another word is to be shown."""
    shown = NONE if word in (None, "not_rated") else text or str(word)
    return f"[{COLOURS[word]}]{shown}[/]" if word in COLOURS else shown


def figure(value: float | None, decimals: int = 1) -> str:
    """A figure, or a dash."""
    return NONE if value is None else f"{value:.{decimals}f}"


def percent(share: float | None) -> str:
    """A share in percent, or a dash."""
    return NONE if share is None else f"{share:.1%}"


def points(share: float) -> str:
    """A change of a share in percentage points, signed."""
    # Without this, what rounds to nothing may show as -0.0.
    return f"{round(100 * share, 1) + 0.0:+.1f}"


def rule_in_words(code: str) -> str:
    """A rule of the risk tiers in words; `code` is as in `tier_reasons`."""
    rule, _, category = code.partition(":")
    if rule.startswith("category_below_"):
        return f"{CATEGORIES.get(category, category)} under {rule.removeprefix('category_below_')}"
    if rule.startswith("base_below_"):
        return f"base under {rule.removeprefix('base_below_')}"
    if rule.startswith("open_"):
        return f"{rule.removeprefix('open_').removesuffix('_finding')} finding not closed"
    if rule.startswith("overdue_"):
        return f"{rule.removeprefix('overdue_').removesuffix('_finding')} finding overdue"
    return rule.replace("_", " ")
