"""How files of a certain shape are read, as it is saved under a name and used again."""

import difflib
import re
from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.errors import FieldError, Invalid, Unsupported
from shared.imports import columns, encodings
from shared.imports.dates import DateFormat
from shared.imports.kinds import ImportKind

MOST_ENTRIES = 200
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Value = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5000)]


def _known_charset(charset: str) -> str:
    try:
        return encodings.named(charset).name
    except Unsupported as error:
        raise ValueError(error.detail) from None


Charset = Annotated[
    str,
    AfterValidator(_known_charset),
    Field(description=f"One of {', '.join(encodings.NAMES)}; recognised unless named", examples=["big5"]),
]


class Split(BaseModel):
    """A column in whose cells several values stand, each of which makes a row of its own."""

    model_config = ConfigDict(extra="forbid")

    column: Name = Field(examples=["provision"])
    separator: Annotated[str, StringConstraints(min_length=1, max_length=5, pattern=r"^[^\w]+$")] = Field(
        examples=[";"]
    )


class MappingDocument(BaseModel):
    """How a file is read: whatever is left out is read as the import's own columns ask for it."""

    model_config = ConfigDict(extra="forbid")

    columns: dict[Name, Name] = Field(
        default={},
        max_length=MOST_ENTRIES,
        description="The file's name of a column -> the import's; those that agree need not be named",
        examples=[{"稽核編號": "audit_ref"}],
    )
    ignore: list[Name] = Field(
        default=[], max_length=MOST_ENTRIES, description="The file's columns that are passed over"
    )
    constants: dict[Name, Value] = Field(
        default={},
        max_length=MOST_ENTRIES,
        description="What all rows have in columns that the file lacks",
        examples=[{"code_version": "8.0"}],
    )
    values: dict[Name, dict[Value, Value]] = Field(
        default={},
        max_length=MOST_ENTRIES,
        description="For a column of the import: what stands in the file -> what is meant; other values stay",
        examples=[{"severity": {"主要": "major"}}],
    )
    split: Split | None = None
    date_format: DateFormat | None = Field(
        default=None, description="us 07/29/2016, eu 29/07/2016, roc 105/07/29 or 99/07/29, iso 2016-07-29"
    )
    charset: Charset | None = None

    def check_fits(self, kind: ImportKind) -> Self:
        """This mapping, if it is one for files of that kind; Invalid points at all that is wrong with it."""
        wrong = [*self._complaints(kind)]
        if wrong:
            raise Invalid(
                f"The mapping does not fit {kind.name}: {wrong[0].detail}.", code="mapping-unfit", fields=wrong
            )
        return self

    def _complaints(self, kind: ImportKind) -> Iterator[FieldError]:
        taken: set[str] = set()
        for name, target in self.columns.items():
            pointer = _pointer("columns", name)
            yield from _unknown(kind, pointer, target)
            if target in taken:
                yield FieldError(pointer, f"{target!r} is read from another column already")
            if name in self.ignore:
                yield FieldError(pointer, f"{name!r} is to be ignored as well")
            taken.add(target)
        for column, value in self.constants.items():
            pointer = _pointer("constants", column)
            yield from _unknown(kind, pointer, column)
            if column in taken:
                yield FieldError(pointer, f"{column!r} is read from a column of the file")
            try:
                constant(kind, column, value, self.date_format)
            except ValueError as error:
                yield FieldError(pointer, str(error))
        for column in self.values:
            yield from _unknown(kind, _pointer("values", column), column)
        if self.split is not None:
            yield from _unknown(kind, "#/split/column", self.split.column)
            if suffixed_column(kind, self.split.column) == "":
                yield FieldError("#/split/column", f"rows of {kind.name} cannot be told apart once they are split so")


class Reading(MappingDocument):
    """How one file is read: a mapping as it stood when the file came, and what the caller said besides."""

    mapping: str | None = Field(default=None, description="The name of the mapping that was used")


def suffixed_column(kind: ImportKind, split_column: str) -> str | None:
    """The key column to whose value the parts of a split cell are added.

    None where none is needed, since the parts are a part of the key; empty where none can take them.
    """
    if split_column in kind.key:
        return None
    last = kind.key[-1]
    return last if columns.is_text(kind, last) else ""


def constant(kind: ImportKind, column: str, value: str, date_format: DateFormat | None) -> str:
    """A constant in the form in which its column's cells are compared; ValueError where it cannot be one."""
    form = columns.forms(kind, date_format).get(column)
    if not value:
        raise ValueError("is empty; leave it out")
    return value if form is None else form(value)


def _unknown(kind: ImportKind, pointer: str, column: str) -> Iterator[FieldError]:
    if column not in kind.columns:
        near = difflib.get_close_matches(column, kind.columns, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f": it has {', '.join(kind.columns)}"
        yield FieldError(pointer, f"{kind.name} has no column {column!r}{hint}")


def _pointer(*tokens: str) -> str:
    return "#/" + "/".join(re.sub("/", "~1", token.replace("~", "~0")) for token in tokens)


def document_of(mapping: MappingDocument) -> dict[str, Any]:
    """What is stored of a mapping: all that it says."""
    return mapping.model_dump(mode="json", exclude_defaults=True)
