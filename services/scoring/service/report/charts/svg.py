"""Writing SVG, and how much room a text takes in it."""

import unicodedata
from collections.abc import Iterable
from html import escape

WIDE, HALF = 440.0, 300.0
"""How wide drawings are: for a page, and for half of one."""

TEXT_SIZE = 11.0
INK, MUTED, FILL, PAPER, GRID = "#1a1a1a", "#4a4a4a", "#12496b", "#ffffff", "#8c8c8c"
FONT = "Open Sans, Droid Sans Fallback, sans-serif"

# In parts of the size, a little more than the fonts have: a text that is cut is worse than a gap.
_SQUARE, _BROAD, _CAPITAL, _USUAL, _SLIM = 1.0, 0.92, 0.68, 0.59, 0.36
_BROAD_ONES, _SLIM_ONES = frozenset("mMwW@%"), frozenset("fijlrtI.,:;|!'() -")


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """An element; `_` in an attribute's name stands for a hyphen. `content` is markup."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{given}>{content}</{name}>" if content else f"<{name}{given}/>"


def text(content: str, x: float, y: float, **attributes: object) -> str:
    """A line of text, `y` its base line."""
    return tag("text", escape(content, quote=False), x=x, y=y, **{"fill": INK, **attributes})


def drawing(width: float, height: float, parts: Iterable[str]) -> str:
    """A whole drawing; whoever shows it says what it is of."""
    return tag(
        "svg",
        "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_written(width)} {_written(height)}",
        font_family=FONT,
        font_size=TEXT_SIZE,
    )


def width_of(content: str, size: float = TEXT_SIZE) -> float:
    """About how wide a text is; Chinese characters take a square each."""
    return size * sum(_width(char) for char in content)


def _width(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return _SQUARE
    if char in _BROAD_ONES:
        return _BROAD
    if char in _SLIM_ONES:
        return _SLIM
    return _CAPITAL if char.isupper() else _USUAL


def fitted(content: str, room: float) -> str:
    """The text, cut where there is too little room for all of it."""
    if width_of(content) <= room:
        return content
    while content and width_of(content + "…") > room:
        content = content[:-1]
    return content.rstrip() + "…"


def _written(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
