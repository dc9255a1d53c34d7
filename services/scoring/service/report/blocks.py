"""What a pack consists of, whatever it is written as: texts, tables, charts and how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = field(default="text", init=False)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section or a supplier's page."""

    text: str
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: Sequence[str]
    kind: str = field(default="items", init=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values; `prominent` ones are what a reader looks for first."""

    facts: Sequence[tuple[str, str]]
    prominent: bool = False
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; a wide one takes what the others leave."""

    name: str
    is_figure: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table, whose first column heads its rows; `targets` are the ids of the pages that the rows lead to.

    The caption is for those who hear it, unless it `shows_caption`: where no heading above says the same. One that
    `repeats_chart` is for readers of pages: a PDF, where cells are dear, has the chart with its figures.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    targets: Sequence[str] = ()
    shows_caption: bool = False
    repeats_chart: bool = False
    kind: str = field(default="table", init=False)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, and what it shows in words for those who do not see it."""

    title: str
    description: str
    svg: str
    width: float
    kind: str = field(default="chart", init=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two halves side by side where there is room, else one below the other."""

    left: "Sequence[Block]"
    right: "Sequence[Block]"
    kind: str = field(default="pair", init=False)


Block = Text | Heading | Items | Facts | Table | Chart | Pair


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the pack, which begins on a page of its own."""

    id: str
    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A supplier's page; one that `is_full` may need to be made smaller to stay one."""

    id: str
    heading: str
    line: str
    blocks: Sequence[Block]
    is_full: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A whole pack in one language; `draft` is the mark that every page carries, empty once it is published."""

    language: str
    title: str
    subtitle: str
    running: str
    draft: str
    draft_note: str
    contents: str
    skip: str
    front: Sequence[Block]
    sections: Sequence[Section]
    pages_heading: str
    pages: Sequence[Page]
