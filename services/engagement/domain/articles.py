"""Articles in CommonMark: as HTML and as readable plain text, and the addresses that they link to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from services.engagement.domain import plain_texts
from services.engagement.domain.placeholders import OPENS, NotAllowed

MOST_CHARACTERS_OF_AN_ADDRESS: Final = 2000
LED_TO: Final = ("http", "https", "mailto")

# An address that stands in the text as it is: without the punctuation around it, Chinese or not.
_LETTER = r"[^\s<>\"'()\ufdd0\ufdd1\u3000-\u303f\uff00-\uffef]"
_BARE = re.compile(rf"https?://(?:{_LETTER}|\({_LETTER}*\))+")
_ENDS_A_SENTENCE = ".,;:!?*_"

Exchange = Callable[[str], str]
"""What stands in place of an address."""


@dataclass(frozen=True, slots=True)
class Article:
    """A body that was read; it can be written with other addresses in place of its own."""

    tokens: list[Token]
    urls: tuple[str, ...]

    def as_html(self, exchange: Exchange) -> str:
        """The body as HTML; `exchange` says where each http(s) address leads."""
        return str(_markdown().renderer.render(_with_addresses(self.tokens, exchange), _markdown().options, {}))

    def as_text(self, exchange: Exchange) -> str:
        """The body as text, without the signs of Markdown but those that people use in mails."""
        return plain_texts.written(_with_addresses(self.tokens, exchange))

    def lead(self) -> str:
        """The first paragraph on one line, of addresses in it only their hosts."""
        for before, token in zip(self.tokens, self.tokens[1:], strict=False):
            if before.type == "paragraph_open":
                return plain_texts.words_of(_with_hosts(token.children or []))
        return ""

    def links(self) -> list[tuple[str, str]]:
        """The words (the host where there are none) and address of each http(s) link, an address once."""
        found: dict[str, str] = {}
        for token in self.tokens:
            children = _with_hosts(token.children or [])
            for n, child in enumerate(children):
                if child.type == "link_open" and child.attrs["href"] in self.urls:
                    end = next(m for m in range(n, len(children)) if children[m].type == "link_close")
                    found.setdefault(str(child.attrs["href"]), plain_texts.words_of(children[n:end]))
        return [(words, url) for url, words in found.items()]


def read(source: str) -> Article:
    """The article; NotAllowed where a link is too long, or a placeholder stands in one."""
    tokens = _markdown().parse(source)
    for token in tokens:
        if token.children is not None:
            token.children = _linked(token.children)
        if token.type in ("heading_open", "heading_close"):
            # The first level is the article's own title.
            token.tag = f"h{min(6, int(token.tag[1:]) + 1)}"
    urls: dict[str, None] = {}
    line = 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        for child in token.children or []:
            if child.type == "link_open":
                url = str(child.attrs["href"])
                _check_address(url, line)
                if not url.lower().startswith("mailto:"):
                    urls[url] = None
    return Article(tokens, tuple(urls))


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    # No HTML of the author's: what a mail brings is made here alone.
    markdown = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False})
    markdown.validateLink = _leads_somewhere  # type: ignore[method-assign]
    return markdown


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in LED_TO and bool(parts.netloc or parts.scheme == "mailto")


def _check_address(url: str, line: int) -> None:
    if "%EF%B7%90" in url.upper() or OPENS in url:
        raise NotAllowed("holds a placeholder in a link's address, which has to be the same for everybody", line)
    if len(url) > MOST_CHARACTERS_OF_AN_ADDRESS:
        raise NotAllowed(f"holds an address of more than {MOST_CHARACTERS_OF_AN_ADDRESS} characters", line)


def _linked(children: list[Token]) -> list[Token]:
    """The children with links in place of images, which would tell their owner who reads, and for bare addresses."""
    linked: list[Token] = []
    depth = 0
    for child in children:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "image":
            url = str(child.attrs["src"])
            words = [Token("text", "", 0, content=plain_texts.words_of(child.children or []) or url)]
            linked += words if depth else _link(url, words)
        elif child.type == "text" and not depth:
            linked += _with_bare_addresses(child.content)
        else:
            linked.append(child)
    return linked


def _with_bare_addresses(text: str) -> list[Token]:
    tokens: list[Token] = []
    end = 0
    for found in _BARE.finditer(text):
        written = found[0].rstrip(_ENDS_A_SENTENCE)
        url = _markdown().normalizeLink(written)
        if not _leads_somewhere(url):
            continue
        tokens += [Token("text", "", 0, content=text[end : found.start()])]
        tokens += _link(url, [Token("text", "", 0, content=written)])
        end = found.start() + len(written)
    return [*tokens, Token("text", "", 0, content=text[end:])]


def _with_hosts(children: list[Token]) -> list[Token]:
    """The children with the host in place of every address that stands in the text."""
    shown: list[Token] = []
    host = ""
    for child in children:
        if child.type == "link_open":
            host = urlsplit(str(child.attrs["href"])).hostname or ""
        is_address = host and child.type == "text" and child.content.startswith(("http://", "https://"))
        shown.append(child.copy(content=host) if is_address else child)
        host = "" if child.type == "link_close" else host
    return shown


def _link(url: str, words: list[Token]) -> list[Token]:
    return [Token("link_open", "a", 1, attrs={"href": url}), *words, Token("link_close", "a", -1)]


def _with_addresses(tokens: list[Token], exchange: Exchange) -> list[Token]:
    return [
        token if token.children is None else token.copy(children=[_led(child, exchange) for child in token.children])
        for token in tokens
    ]


def _led(token: Token, exchange: Exchange) -> Token:
    if token.type != "link_open":
        return token
    url = str(token.attrs["href"])
    return token.copy(attrs={"href": url if url.lower().startswith("mailto:") else exchange(url)})
