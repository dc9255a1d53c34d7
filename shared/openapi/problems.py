"""Which problems an operation may answer with: read off its code once (`make openapi`), told here."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from shared.errors import TooMany
from shared.openapi.walking import operations
from shared.web.problems import QUOTA_EXCEEDED, TYPE_PREFIX

SHARED = Path(__file__).parent
FILE = "problems.json"
RESPONSES = "#/components/responses/"
CRASH = "internal-error"
MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "01990f2e-7c1a-7d5e-9b3a-6f0c2d4e8a15"
SCHEMA = {"$ref": "#/components/schemas/Problem"}
FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The problems of a service."""

    codes: dict[str, dict[str, Any]]
    """code -> its `status`, an example of its `detail`, and of its `errors` where it has any."""
    operations: dict[str, list[str]]
    """operation id -> the codes that it may end in."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """That of a service's folder, on top of what all services have."""
        own = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(shared_codes() | own["codes"], own["operations"])


def shared_codes() -> dict[str, dict[str, Any]]:
    """The problems that `shared` itself answers with."""
    codes: dict[str, dict[str, Any]] = json.loads((SHARED / FILE).read_text(encoding="utf-8"))["codes"]
    return codes


def add_problems(document: dict[str, Any], catalogue: Catalogue) -> None:
    """Tell of each operation what may go wrong, by status, each code with an example."""
    components = document["components"]
    for name in FRAMEWORKS_OWN:
        components["schemas"].pop(name, None)
    for item in document.get("webhooks", {}).values():
        item["post"]["responses"].pop("422", None)
    alone, used = {CRASH}, {CRASH}
    for method, _, operation in operations(document):
        answers = operation["responses"]
        answers.pop("422", None)
        by_status: dict[int, set[str]] = defaultdict(set)
        for code in (*catalogue.operations.get(operation["operationId"], ()), *_around(method, operation)):
            by_status[catalogue.codes[code]["status"]].add(code)
        for status, codes in by_status.items():
            if str(status) in answers:
                continue
            used |= codes
            if len(codes) == 1:
                alone |= codes
                answers[str(status)] = {"$ref": RESPONSES + min(codes)}
            else:
                answers[str(status)] = _told(status, codes)
        answers["default"] = {"$ref": RESPONSES + CRASH}
        operation["responses"] = dict(sorted(answers.items()))
    components["responses"] = {code: _told(catalogue.codes[code]["status"], {code}) for code in sorted(alone)}
    components.setdefault("examples", {}).update(
        {code: {"value": _problem(code, catalogue.codes[code])} for code in sorted(used)}
    )


def _around(method: str, operation: dict[str, Any]) -> Iterator[str]:
    """The problems that are not the endpoint's own: of its shape, of limits, of the database."""
    yield "invalid"  # such as a NUL character in the address
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        yield "too-large"
    if "application/json" in content:
        yield "malformed-json"
    if "application/json" in content or operation.get("parameters"):
        yield "validation-error"
    if operation["security"]:
        yield from ("quota-exceeded", "unavailable")
        if method != "get":
            yield from ("conflict", "duplicate")


def _told(status: int, codes: set[str]) -> dict[str, Any]:
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in sorted(codes)}
    named = ", ".join(f"`{code}`" for code in sorted(codes))
    return {
        "description": f"{HTTPStatus(status).phrase}: {named}",
        "content": {MEDIA_TYPE: {"schema": SCHEMA, "examples": examples}},
    }


def _problem(code: str, known: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": QUOTA_EXCEEDED if code == TooMany.code else TYPE_PREFIX + code,
        "title": HTTPStatus(known["status"]).phrase,
        "status": known["status"],
        "detail": known["detail"],
        "instance": known.get("instance", "/v1"),
        "request_id": REQUEST_ID,
        **({"errors": known["errors"]} if "errors" in known else {}),
    }
