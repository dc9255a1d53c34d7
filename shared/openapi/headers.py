"""The headers of answers: which of them an operation sets is read off its code once (`make openapi`), told here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.openapi.walking import operations

FILE = "headers.json"
REFERENCES = "#/components/headers/"
HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {
        "description": "The version of what is answered: for the If-Match of a change, the If-None-Match of a read",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "Location": {
        "description": "Where that which came of the request is read",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Link": {
        "description": 'The next page, as `<...>; rel="next"`; none on the last',
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds after which it is worth asking again",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
}
ON = {"ETag": ("200", "201", "202"), "Location": ("201", "202"), "Link": ("200",), "Retry-After": ("202",)}
"""The answers on which a header stands that an operation sets."""
MADE, THERE_ALREADY = "201", "200"
"""A POST of what is there already tells where it is, as one that makes it does."""
WAITS = ("429", "503")
"""Problems that always say when to ask again."""
NOT_MADE_YET = "202"
"""A read of what is still being made has no version."""
NOT_MODIFIED = "not-modified"
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what you hold: 304 where nothing is new",
    "schema": {"type": "string"},
    "example": '"3"',
}


def add_headers(document: dict[str, Any], folder: Path) -> None:
    """Tell of each answer with which headers it comes, and of each read with an ETag that it may be 304."""
    known: dict[str, list[str]] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    components = document["components"]
    components["headers"] = HEADERS
    for status, answer in _shared_problems(document):
        if status in WAITS:
            answer["headers"] = _told("Retry-After")
    components["responses"][NOT_MODIFIED] = {
        "description": "Nothing is new since the version in If-None-Match",
        "headers": _told("ETag"),
    }
    for method, _, operation in operations(document):
        answers = operation["responses"]
        names = known.get(operation["operationId"], ())
        for status, answer in answers.items():
            if told := _told(*(name for name in names if _stands_on(name, method, status, answers))):
                answer["headers"] = told
        if method == "get" and "ETag" in names:
            operation.setdefault("parameters", []).append(IF_NONE_MATCH)
            answers["304"] = {"$ref": f"#/components/responses/{NOT_MODIFIED}"}
            operation["responses"] = dict(sorted(answers.items()))


def _stands_on(name: str, method: str, status: str, answers: Mapping[str, Any]) -> bool:
    if name == "Location" and (method, status) == ("post", THERE_ALREADY):
        return MADE in answers
    if name == "ETag" and (method, status) == ("get", NOT_MADE_YET):
        return False
    return status in ON[name]


def _told(*names: str) -> dict[str, Any]:
    return {name: {"$ref": REFERENCES + name} for name in names}


def _shared_problems(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Status and answer of all problems, wherever they are written out."""
    responses = document["components"]["responses"]
    found = []
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            reference = answer.get("$ref")
            found.append((status, responses[reference.rpartition("/")[2]] if reference else answer))
    return found
