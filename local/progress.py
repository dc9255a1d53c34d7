"""What a reader sees while the one-machine run works: one line a step, with a spinner while it lasts."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape


class Progress:
    """Lines on the terminal; without a terminal the same lines, without spinner and colour."""

    def __init__(self, console: Console) -> None:
        """`console` is where everything is written."""
        self.console = console

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """A step that takes time; what is put into the list is shown behind the title when it is done."""
        notes: list[str] = []
        began = time.monotonic()
        try:
            with self.console.status(escape(title)):
                yield notes
        except BaseException:
            self.console.print(f"[red]✗[/] {escape(title)}")
            raise
        took = f"[dim]{time.monotonic() - began:.1f} s[/]"
        self.console.print(f"[green]✓[/] {' '.join([escape(title), *map(escape, notes)])} {took}", highlight=False)

    def say(self, text: str) -> None:
        """Something worth a line of its own."""
        self.console.print(f"[yellow]![/] {escape(text)}", highlight=False)

    def note(self, text: str) -> None:
        """A plain line."""
        self.console.print(escape(text), highlight=False)
