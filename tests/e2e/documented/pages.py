"""What the documentation holds that can be tried: its shell blocks, the routes that it names, its links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.supervisor import PROJECT

PAGES = sorted([PROJECT / "README.md", PROJECT / "examples" / "README.md", *(PROJECT / "docs").glob("*.md")])
"""Pages whose commands are run."""
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = {"sh", "bash", "shell", "console", "zsh"}
NOT_RUN = re.compile(r"\*Not run by the tests: ([^*]+)\.\*\n+$")
REASONS = {"it downloads and sets up", "it needs a second database server", "it needs the containers"}
"""Why a block may be left out; the page says so right above it."""
HTTP = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)\s+`?(?::\d+)?(/v1/[^\s`|)\"'?,;]*)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a shell's commands."""

    line: int
    text: str
    why_not_run: str | None


def blocks_of(page: Path) -> Iterator[Block]:
    """The page's shell blocks, in their order."""
    content = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(content):
        if found[1] in SHELLS:
            before = content[: found.start()]
            reason = NOT_RUN.search(before)
            yield Block(before.count("\n") + 1, found[2], reason[1] if reason else None)


def routes_of(page: Path) -> set[tuple[str, str]]:
    """Method and path of every route that the page names by both."""
    return {(found[1], found[2].rstrip(".:/")) for found in HTTP.finditer(page.read_text(encoding="utf-8"))}


def is_same_route(named: str, served: str) -> bool:
    """Whether two paths agree, where what stands in <> or {} may be anything."""
    pairs = list(zip(named.split("/"), served.split("/"), strict=False))
    return named.count("/") == served.count("/") and all(
        one == other or one[:1] in ("<", "{") or other.startswith("{") for one, other in pairs
    )


def links_of(page: Path) -> set[str]:
    """Where the page's links and pictures lead within the project, anchors included."""
    found = {"".join(parts) for parts in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))}
    return {link for link in found if not re.match(r"[a-z]+:", link)}


def anchors_of(page: Path) -> set[str]:
    """The anchors that forges give to the page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
