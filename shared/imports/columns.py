"""The columns of a kind of file: what each holds, and how its cells are brought into one form."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from shared.imports.dates import DateFormat, to_iso
from shared.imports.kinds import ImportKind

Cell = str | date
"""What a file gives: text, or a day where the file itself says that it is one."""
Form = Callable[[str], str]

NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: ord(" ")}
"""Full-width forms of ASCII, as East Asian input methods write them."""
DECIMAL_ZEROS = re.compile(r"[+-]?[0-9]+\.[0-9]*")


def forms(kind: ImportKind, date_format: DateFormat | None) -> dict[str, Form | None]:
    """For each column what makes one text of all the ways to write a value; None where text stays as it is.

    Prose stays; codes, dates, numbers and the like lose full-width characters; days become ISO, and of a decimal
    fraction the zeros at its end are left out, so that the same data in another file is the same text. A form raises
    ValueError for a day that it cannot read.
    """

    def day(text: str) -> str:
        return to_iso(narrow(text), date_format)

    held = {name: _types_in(field.annotation) for name, field in kind.row.model_fields.items()}
    return {
        name: day
        if date in types
        else number
        if types & {int, float, Decimal}
        else None
        if name in kind.prose
        else narrow
        for name, types in held.items()
    }


def narrow(text: str) -> str:
    """Text with ASCII in place of its full-width forms."""
    return text if text.isascii() else text.translate(NARROW).strip()


def number(text: str) -> str:
    """A number without the zeros that end its fraction; anything else as it is, for the columns' types to refuse."""
    text = narrow(text)
    return text.rstrip("0").removesuffix(".") if DECIMAL_ZEROS.fullmatch(text) else text


def is_text(kind: ImportKind, column: str) -> bool:
    """Whether a column can hold any text."""
    return str in _types_in(kind.row.model_fields[column].annotation)


def _types_in(annotation: Any) -> set[Any]:
    """The types that an annotation is made of: of `Annotated[date, ...] | None` they are `date` and `NoneType`."""
    parts = get_args(annotation)
    if not parts:
        return {annotation}
    return set().union(*(_types_in(part) for part in parts if isinstance(part, type) or get_args(part)))
