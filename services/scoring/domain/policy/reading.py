"""Reading a JSON document field by field while collecting everything that is wrong with it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from shared.errors import FieldError, Invalid

LARGEST_WHOLE = 2**53
"""JSON's numbers may have any number of digits; beyond this, floats no longer tell whole ones apart."""


class Reader:
    """One reading: the sections handed out so far and their faults."""

    def __init__(self) -> None:
        self.faults: list[FieldError] = []
        self._sections: list[Section] = []

    def section(self, value: Any, pointer: str) -> "Section":
        """Open a JSON object; anything else is a fault and read as an empty one."""
        if not isinstance(value, Mapping):
            self.faults.append(FieldError(pointer, "must be an object"))
            value = {}
        opened = Section(self, value, pointer)
        self._sections.append(opened)
        return opened

    def raise_faults(self, detail: str) -> None:
        """Raise Invalid if anything was wrong, fields that nobody asked for included."""
        for section in self._sections:
            section.name_unknown_fields()
        if self.faults:
            raise Invalid(detail, fields=self.faults)


class Section:
    """A JSON object within a reading; a faulty field reads as something harmless."""

    def __init__(self, reader: Reader, content: Mapping[str, Any], pointer: str) -> None:
        self._reader = reader
        self._content = content
        self._pointer = pointer
        self._asked: set[str] = set()

    def has(self, key: str) -> bool:
        """Say whether the field is there at all."""
        self._asked.add(key)
        return key in self._content

    def is_null(self, key: str) -> bool:
        """Say whether the field is there and null."""
        return self.has(key) and self._content[key] is None

    def fault(self, key: str, detail: str) -> None:
        """Note a fault of a field."""
        self._reader.faults.append(FieldError(self._pointer_to(key), detail))

    def section(self, key: str) -> "Section":
        """Open the object at `key`; one left out reads as empty."""
        return self._reader.section(self._content[key] if self.has(key) else {}, self._pointer_to(key))

    def sections(self, key: str) -> list["Section"]:
        """Open the list of objects at `key`."""
        values = self._list(key)
        return [self._reader.section(value, f"{self._pointer_to(key)}/{place}") for place, value in enumerate(values)]

    def keys_as_letters(self, other: str) -> list[str]:
        """Return the fields' names, which have to be single capital letters or `other`."""
        for key in self._content:
            if key != other and not (len(key) == 1 and "A" <= key <= "Z"):
                self.fault(key, f"must be a section letter A to Z or {other}")
                self._asked.add(key)
        return [key for key in self._content if key not in self._asked]

    def text(self, key: str, default: str | None, allowed: Sequence[str] | None = None) -> str:
        """Return a text that is not blank; `default` None makes it required."""
        if not self.has(key) and default is not None:
            return default
        value = self._content.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(key, "must be a text that is not empty" if self.has(key) else "is required")
            return ""
        if allowed is not None and value not in allowed:
            self.fault(key, f"must be one of {', '.join(allowed)}")
        return value

    def texts(self, key: str, default: Sequence[str], allowed: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        if not self.has(key):
            return tuple(default)
        values = self._list(key)
        for place, value in enumerate(values):
            if not isinstance(value, str) or (allowed is not None and value not in allowed):
                self.fault(f"{key}/{place}", f"must be {'one of ' + ', '.join(allowed) if allowed else 'a text'}")
        return tuple(value for value in values if isinstance(value, str))

    def number(self, key: str, default: float | None, *, most: float = 100) -> float:
        """Return a number from 0 to `most`; `default` None makes it required."""
        if not self.has(key) and default is not None:
            return default
        value = self._content.get(key)
        if not _is_number(value):
            self.fault(key, "must be a number" if self.has(key) else "is required")
            return 0.0
        if not 0 <= value <= most:
            self.fault(key, f"must lie between 0 and {most:g}")
        return float(value)

    def number_or_none(self, key: str, *, most: float = 100) -> float | None:
        """Return a number from 0 to `most`, or None where the field is left out or null."""
        return None if not self.has(key) or self.is_null(key) else self.number(key, None, most=most)

    def whole(self, key: str, default: int | None, *, least: int, most: int) -> int:
        """Return a whole number in a range; `default` None makes it required."""
        if not self.has(key) and default is not None:
            return default
        value = self._content.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(key, f"must be a whole number from {least} to {most}" if self.has(key) else "is required")
            return least
        return value

    def name_unknown_fields(self) -> None:
        """Note every field that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                self.fault(str(key).replace("~", "~0").replace("/", "~1"), "is not a field of this object")

    def _list(self, key: str) -> Sequence[Any]:
        value = self._content.get(key) if self.has(key) else None
        if not isinstance(value, list | tuple):
            self.fault(key, "must be a list" if self.has(key) else "is required")
            return []
        return value

    def _pointer_to(self, key: str) -> str:
        return f"{self._pointer}/{key}"


def _is_number(value: Any) -> TypeGuard[float]:
    """Say whether a value is a finite number; true and false are none."""
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE
    return isinstance(value, float) and math.isfinite(value)
