"""Bringing the records of a file into the columns of its kind: renamed, completed, split, and in one form."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.errors import Invalid
from shared.imports import columns, mappings
from shared.imports.formats import Record
from shared.imports.kinds import PART, ImportKind, RowError, line_of
from shared.imports.mappings import Reading

LONGEST_QUOTE = 60
SEPARATORS = re.compile("[;、]")


@dataclass(slots=True)
class Line:
    """What a row of a file says in the kind's columns; with errors where a cell cannot be read."""

    place: int
    values: dict[str, str]
    errors: list[RowError] = field(default_factory=list)


class Fitting:
    """How the records of one file are read as those of its kind."""

    def __init__(self, kind: ImportKind, reading: Reading) -> None:
        """Prepare for a file of that kind, to be read that way."""
        self._kind, self._reading = kind, reading
        try:
            self._constants = {
                column: mappings.constant(kind, column, value, reading.date_format)
                for column, value in reading.constants.items()
            }
        except ValueError as error:
            raise Invalid(f"A constant of the mapping {error}.", code="mapping-unfit") from None
        mapped = set(reading.columns.values()) | reading.constants.keys()
        targets = {name: name for name in kind.columns if name not in mapped} | reading.columns
        self._targets = {name: target for name, target in targets.items() if name not in reading.ignore}
        self._names = {target: name for name, target in self._targets.items()}
        self._passed_over = {*reading.ignore, *kind.passed_over} - self._targets.keys()
        forms = columns.forms(kind, reading.date_format)
        split = reading.split.column if reading.split else None
        self._split_form = forms.get(split) if split else None
        self._ways: dict[str, tuple[str, columns.Form | None, dict[str, str]]] = {
            name: (target, None, {}) if target == split else (target, forms[target], reading.values.get(target, {}))
            for name, target in self._targets.items()
        }

    def check_header(self, header: list[str]) -> None:
        """Refuse a file that lacks a column, has an unknown one, or has one twice; Invalid names them all."""
        kind = self._kind
        complaints = [
            f"{what} {', '.join(repr(name) for name in names)}"
            for what, names in (
                ("unknown column", self._unknown(header)),
                ("missing column", [self._names.get(n, n) for n in kind.required if not self._is_given(n, header)]),
                ("column given twice:", sorted({name for name in header if header.count(name) > 1})),
            )
            if names
        ]
        if complaints:
            raise Invalid(
                f"The header does not fit: {'; '.join(complaints)}. Columns of {kind.name}: {', '.join(kind.columns)} "
                f"(required: {', '.join(kind.required)}).",
                code="import-header",
            )

    def lines(self, records: Iterable[Record]) -> Iterator[Line]:
        """The rows that records stand for, in order; several of one line where its cells are split."""
        split = self._reading.split
        for line, record in records:
            if "" in record:
                yield Line(line, {}, [RowError(line, "", str(record[""]))])
                continue
            unknown = sorted(self._unknown(record))
            if unknown:
                yield Line(line, {}, [RowError(line, "", f"unknown column {', '.join(map(repr, unknown))}")])
                continue
            fitted = self._fit(line, record)
            if split is None or fitted.errors:
                yield fitted
            else:
                yield from self._split(fitted, split.column, split.separator)

    def in_the_files_words(self, errors: Iterable[RowError], lines: dict[int, Line]) -> list[RowError]:
        """Errors under the file's own names of columns, with the value that was read where they do not show it."""
        return [
            RowError(
                line_of(error.line),
                self._names.get(error.column, error.column),
                error.message + self._quote(error, lines.get(error.line)),
            )
            for error in errors
        ]

    def _unknown(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self._targets and name not in self._passed_over]

    def _is_given(self, column: str, header: Sequence[str]) -> bool:
        return column in self._reading.constants or self._names.get(column) in header

    def _fit(self, line: int, record: dict[str, columns.Cell]) -> Line:
        values = dict(self._constants)
        fitted = Line(line, values)
        for name, cell in record.items():
            found = self._ways.get(name)
            if found is None:
                continue
            target, form, meant = found
            if not cell:
                values[target] = ""
            elif isinstance(cell, date):
                values[target] = cell.isoformat()
            elif "\x00" in cell:
                fitted.errors.append(RowError(line, target, "holds a NUL character"))
            else:
                values[target] = text = meant.get(cell, cell) if meant else cell
                if form is not None:
                    try:
                        values[target] = form(text)
                    except ValueError as error:
                        fitted.errors.append(RowError(line, target, str(error)))
        return fitted

    def _split(self, fitted: Line, column: str, separator: str) -> Iterator[Line]:
        form, meant = self._split_form, self._reading.values.get(column, {})
        text = fitted.values.get(column, "")
        if form is not None:
            text, separator = columns.narrow(text), separator.translate(columns.NARROW)
        parts = [meant.get(part, part) for part in map(str.strip, text.split(separator)) if part]
        if form is not None:
            try:
                parts = [form(part) for part in parts]
            except ValueError as error:
                fitted.errors.append(RowError(fitted.place, column, str(error)))
        if len(set(parts)) < len(parts):
            twice = next(part for part in parts if parts.count(part) > 1)
            fitted.errors.append(RowError(fitted.place, column, f"{twice!r} stands here twice"))
        if not parts or fitted.errors:
            yield fitted
            return
        suffixed = mappings.suffixed_column(self._kind, column)
        for n, part in enumerate(parts):
            values = {**fitted.values, column: part}
            if suffixed and values.get(suffixed):
                values[suffixed] = f"{values[suffixed]}/{part}"
            yield Line(fitted.place + n * PART, values)

    def _quote(self, error: RowError, line: Line | None) -> str:
        value = line.values.get(error.column, "") if line is not None else ""
        if not value or error.column in self._kind.private:
            return ""
        shown = value if len(value) <= LONGEST_QUOTE else value[: LONGEST_QUOTE - 1] + "…"
        quote = "" if value in error.message else f": {shown!r}"
        if self._reading.split is None and error.column not in self._kind.prose and SEPARATORS.search(value):
            return f"{quote} (a mapping can declare a split for cells with several values)"
        return quote
