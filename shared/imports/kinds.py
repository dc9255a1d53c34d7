"""What a service says about an import of its own: its columns, its key, and how rows are applied."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Actor
from shared.web.resources import Resources

Columns = TypeVar("Columns", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Row(Generic[Columns]):
    """One line of a file.

    `given` are the columns that this row sets: all that are not blank when its key is new, and those that differ
    from the last row with that key otherwise. Only these may be applied. `line` is where the row stands; where a
    line holds several rows it tells them apart too (`line_of` gives the line itself).
    """

    line: int
    data: Columns
    given: frozenset[str]
    is_new: bool


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a line was not taken; `column` is empty where the line as a whole is at fault."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A line that says what is so already, for all that no row with its key was taken in before."""

    line: int


PART = 1 << 32
"""By how much the `line` of a row differs from that of the row before it on the same line."""


def line_of(place: int) -> int:
    """The line of the file, of a row's `line`."""
    return place % PART


Apply = Callable[[AsyncSession, Actor, Sequence[Row[Any]]], Awaitable[Sequence[RowError | Unchanged]]]
Prepare = Callable[[Resources, Sequence[Row[Any]]], Awaitable[None]]
Check = Callable[[AsyncSession, Sequence[Row[Any]]], Awaitable[Sequence[RowError]]]


@dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of file.

    `row` is a pydantic model whose fields are the columns; a blank cell counts as absent. `key` names the columns that
    identify a row. `apply` takes a batch in, in one transaction, and returns the lines that the rules refuse; no key
    comes twice in a batch. `check` looks at the file as a whole once all is taken in, and returns lines that are wrong
    beside the others, though each is right by itself. `prepare` may ask other services beforehand, outside any
    transaction.

    Columns of `prose` keep their text as it is written; in the others full-width characters become ASCII. Of `private`
    columns, which hold personal data, only a keyed hash is remembered. `passed_over` are further columns that a file
    may have, and that nothing is read from. A client bound to a supplier may bring in what is `open_to_suppliers`; the
    actor handed to `apply` names that supplier.
    """

    name: str
    row: type[BaseModel]
    key: tuple[str, ...]
    scope: str
    apply: Apply
    prepare: Prepare | None = None
    check: Check | None = None
    prose: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    passed_over: tuple[str, ...] = ()
    open_to_suppliers: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the model."""
        return tuple(self.row.model_fields)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(name for name, field in self.row.model_fields.items() if field.is_required())
