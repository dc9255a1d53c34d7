"""Articles as plain text, the way people write in mails: lists with hyphens, addresses after their words."""

import re
from collections.abc import Iterable

from markdown_it.token import Token

INDENT = "  "
SENTENCE_ENDS = "。！？；，、"  # noqa: RUF001  # Chinese is written with full-width punctuation


def written(tokens: list[Token]) -> str:
    """The text of block tokens, paragraphs with an empty line between them."""
    writer = _Writer()
    for token in tokens:
        writer.take(token)
    return "\n".join(writer.lines).strip("\n")


def words_of(children: Iterable[Token]) -> str:
    """The words in inline tokens on one line, without addresses."""
    return "".join(" " if child.type in ("softbreak", "hardbreak") else child.content for child in children).strip()


def shortened(text: str, most_characters: int) -> str:
    """The text, cut at a word's or clause's end where it is too long."""
    if len(text) <= most_characters:
        return text
    kept = text[:most_characters]
    later_half = range(most_characters - 1, most_characters // 2, -1)
    end = next((n for n in later_half if kept[n] == " " or kept[n] in SENTENCE_ENDS), most_characters)
    return kept[:end].rstrip() + "…"


def unnamed(text: str | None, *names: str | None) -> str | None:
    """The text with an ellipsis where one of the names stands as a word of its own."""
    found = "|".join(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" for name in names if name)
    return re.sub(found, "…", text, flags=re.IGNORECASE) if text and found else text


class _Writer:
    """Keeps what stands before each line while the blocks go by."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.margins: list[str] = []
        self.numbers: list[int | None] = []
        self.bullet = ""

    def take(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self.margins.append("> ")
            case "bullet_list_open" | "ordered_list_open":
                is_numbered = token.type == "ordered_list_open"
                self.numbers.append(int(token.attrs.get("start", 1)) if is_numbered else None)
            case "list_item_open":
                self.begin_item()
            case "list_item_close" | "blockquote_close":
                self.margins.pop()
                self.bullet = ""
            case "bullet_list_close" | "ordered_list_close":
                self.numbers.pop()
                self.end_block(is_tight=False)
            case _:
                self.take_leaf(token)

    def take_leaf(self, token: Token) -> None:
        match token.type:
            case "inline":
                self.write(_inline(token.children or []))
            case "paragraph_close" | "heading_close":
                self.end_block(is_tight=token.hidden)
            case "fence" | "code_block":
                self.write("\n".join(INDENT + line for line in token.content.rstrip("\n").split("\n")))
                self.end_block(is_tight=False)
            case "hr":
                self.write("----")
                self.end_block(is_tight=False)

    def begin_item(self) -> None:
        number = self.numbers[-1]
        self.bullet = "- " if number is None else f"{number}. "
        self.numbers[-1] = None if number is None else number + 1
        self.margins.append(" " * len(self.bullet))

    def write(self, text: str) -> None:
        for line in text.split("\n"):
            margin = "".join(self.margins)
            if self.bullet:
                margin, self.bullet = margin[: -len(self.bullet)] + self.bullet, ""
            self.lines.append((margin + line).rstrip())

    def end_block(self, *, is_tight: bool) -> None:
        if not is_tight and self.lines and self.lines[-1]:
            self.lines.append("")


def _inline(children: list[Token]) -> str:
    parts: list[str] = []
    opened: list[tuple[int, str]] = []
    for child in children:
        if child.type == "link_open":
            opened.append((len(parts), str(child.attrs["href"])))
        elif child.type == "link_close" and opened:
            start, url = opened.pop()
            words = "".join(parts[start:])
            told = url.removeprefix("mailto:")
            # A bare address stands for itself, also where another is put in its place.
            is_bare = words in (url, told) or words.startswith(("http://", "https://"))
            parts[start:] = [told if is_bare else f"{words} ({told})"]
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(child.content)
    return "".join(parts)
