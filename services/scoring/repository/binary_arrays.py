"""Arrays of numbers as PostgreSQL's `array_send` writes them, read into NumPy without an object per value."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["integer", "bigint", "float8"]

_VALUES: dict[Kind, str] = {"integer": ">i4", "bigint": ">i8", "float8": ">f8"}
_HEADER = np.dtype([("dimensions", ">i4"), ("has_nulls", ">i4"), ("type", ">u4"), ("length", ">i4"), ("first", ">i4")])


def read_binary_array(sent: bytes | None, kind: Kind) -> NDArray[Any]:
    """The values of a one-dimensional array without nulls; None, as of an aggregate over nothing, has none."""
    entry = np.dtype([("size", ">i4"), ("value", _VALUES[kind])])
    if sent is None:
        return np.empty(0, dtype=entry["value"])
    header = np.frombuffer(sent, dtype=_HEADER, count=1)[0]
    if header["dimensions"] != 1 or header["has_nulls"]:
        raise ValueError("no array of numbers alone")
    return np.frombuffer(sent, dtype=entry, offset=_HEADER.itemsize)["value"]
