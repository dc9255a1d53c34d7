"""What commands print: tables for people, JSON lines for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table")]


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> int:
    """Print rows; returns how many there were."""
    shown = 0
    table = Table(*columns)
    for row in rows:
        shown += 1
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            table.add_row(*("" if row.get(column) is None else str(row[column]) for column in columns))
    if not as_json:
        Console().print(table if shown else "There are none.")
    return shown
