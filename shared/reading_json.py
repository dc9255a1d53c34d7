"""JSON as it comes in, from other services and from the database."""

import json
from typing import Any

import orjson


def read_json(document: str | bytes) -> Any:
    """What a document says, whole numbers of more than 64 bits as floats; ValueError where it is not JSON."""
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError:  # such as half a pair of surrogates: the slower one knows them all
        return json.loads(document)
