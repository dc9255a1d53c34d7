"""A policy's document with some of its fields changed."""

from collections.abc import Mapping
from typing import Any


def merged(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `document` with `changes`: objects field by field; lists, figures, texts and null replace what was there.

    Null is a value, as in `credit: null`; it takes nothing away.
    """
    result = dict(document)
    for key, value in changes.items():
        before = result.get(key)
        result[key] = merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return result
