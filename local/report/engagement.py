"""What the programme has done with its suppliers: the running totals, and how satisfied people were."""

from typing import Any

from rich.console import Console

from bellwether.api import Api


def print_engagement(api: Api, console: Console) -> None:
    """The running totals and the part that the records here have in them; nothing where there is nothing."""
    summary = api.get("engagement", "/v1/summary")
    if summary["cumulative"]["person_times"]:
        console.print(f"\n[bold]Engagement to {summary['to']}[/]")
        for sentence in in_words(summary):
            console.print(f"  {sentence}", highlight=False)


def in_words(summary: dict[str, Any]) -> list[str]:
    """The summary as sentences."""
    total, here = summary["cumulative"], summary["period"]
    sentences = [f"{total['person_times']:,} person-times, {total['session_hours']:,.0f} hours of sessions"]
    balance = summary["opening_balance"]
    if balance is not None:
        sentences[0] += f" ({here['person_times']:,} and {here['session_hours']:,.0f} after {balance['as_of']})"
    if here["satisfaction_n"]:
        low, high = here["satisfaction_interval"]
        satisfied = f"{here['satisfaction_percent']:.1f} % satisfied"
        sentences.append(f"{satisfied} (n = {here['satisfaction_n']}, 95 % interval {low:.1f} to {high:.1f})")
    sentences.append(
        f"{total['course_views']:,} course views, {total['course_completions']:,} completions; "
        f"{here['distinct_suppliers']:,} suppliers took part"
    )
    return sentences
