"""JSON as it leaves the services."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response


def to_json(body: Any) -> bytes:
    """UTF-8 JSON; dates and times in ISO 8601 with Z for UTC, UUIDs as text."""
    return orjson.dumps(body, default=_as_plain, option=orjson.OPT_UTC_Z)


def _as_plain(value: Any) -> Any:
    """What orjson does not know: the driver's own kind of UUID, and decimals, which are numbers in our JSON."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A response whose body is already in its documented shape, so that it is not validated once more."""
    return Response(to_json(body), status, headers, media_type="application/json")
