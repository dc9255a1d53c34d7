"""An issue in one language: put together once, then filled in for each person without reading Markdown again."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

from services.engagement.domain.placeholders import CLOSES, OPENS, Placeholder, Values, mark, one_line

_MARK = re.compile(f"{OPENS}([^{CLOSES}]*){CLOSES}")

UNSUBSCRIBE: Final = "unsubscribe"
"""The one placeholder that is ours: where the reader says no."""

MOST_CHARACTERS_OF_A_SUBJECT: Final = 200
"""What is left of a subject when names are longer than anybody thought."""


class Written(NamedTuple):
    """An issue as one person gets it."""

    subject: str
    text: str
    html: str


class Pieces:
    """A text cut at its marks: what is the same for all, and the names of what is not, by turns."""

    __slots__ = ("_parts",)

    def __init__(self, marked: str) -> None:
        """`marked` holds a mark for each placeholder."""
        self._parts = _MARK.split(marked)

    def filled(self, says: Mapping[str, str], shape: Callable[[str], str] = str) -> str:
        """The text with what each name says, brought into shape for where it stands."""
        return "".join(shape(says[part]) if n % 2 else part for n, part in enumerate(self._parts))


@dataclass(frozen=True, slots=True)
class Issue:
    """Subject, text and HTML in one language, ready to be filled in."""

    language: str
    subject: Pieces
    text: Pieces
    html: Pieces
    placeholders: Mapping[str, Placeholder]

    def asks_for(self, root: str) -> bool:
        """Whether something in it depends on that: person, supplier or event."""
        return any(placeholder.root == root for placeholder in self.placeholders.values())

    def written(self, values: Values, unsubscribe_url: str) -> Written:
        """The issue for one person; whatever the values hold is read as text."""
        says = {name: placeholder.value(values) for name, placeholder in self.placeholders.items()}
        says[UNSUBSCRIBE] = unsubscribe_url
        subject = one_line(self.subject.filled(says))[:MOST_CHARACTERS_OF_A_SUBJECT]
        return Written(subject, self.text.filled(says), self.html.filled(says, escape))


UNSUBSCRIBE_MARK: Final = mark(UNSUBSCRIBE)
