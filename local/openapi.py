"""Rewrites the OpenAPI documents from the code: what a service serves is what its document says.

`services/*/problems.json` and `headers.json` come first, since the documents tell what stands there; a new
code is added with the words that it is raised with, to be made into an example.
"""

import fnmatch
import importlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from local.code_reading import ANY
from local.environment import SERVICES
from local.openapi_merging import merged
from local.problem_codes import Codes, Raised, codes_of, headers_of, routes_of
from local.supervisor import PROJECT
from shared.openapi import headers
from shared.openapi.problems import FILE, SHARED, shared_codes

MERGED = PROJECT / "docs" / "openapi.json"


@cache
def document(service: str) -> str:
    """The OpenAPI document of a service, as it stands in the repository."""
    return as_text(app_of(service).openapi())


def as_text(found: dict[str, Any]) -> str:
    """A document as it stands in a file."""
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@cache
def app_of(service: str) -> FastAPI:
    """A service's application, not started."""
    app: FastAPI = importlib.import_module(f"services.{service}.main").create_app()
    return app


def path_of(service: str) -> Path:
    """Where a service's document stands."""
    return folder_of(service) / "openapi.json"


def folder_of(service: str) -> Path:
    """Where a service stands."""
    return PROJECT / "services" / service


def merged_document() -> str:
    """One document for all four, as they are reached through the door."""
    return as_text(merged({service: json.loads(document(service)) for service in SERVICES}))


def problems(service: str) -> tuple[dict[str, Any], Codes]:
    """What problems.json of a service should say, and which codes of all services it met."""
    held = json.loads((folder_of(service) / FILE).read_text(encoding="utf-8"))["codes"]
    operations, found = {}, Codes()
    for route in routes_of(app_of(service)):
        if route.include_in_schema:
            codes = _spelled_out(codes_of(route), held)
            operations[route.name] = sorted(codes)
            found |= codes
    own = {code: raised for code, raised in found.items() if not raised.is_shared}
    kept = {code: _entry(own[code], held.get(code)) for code in sorted(own)}
    return {"codes": kept, "operations": dict(sorted(operations.items()))}, found


def _entry(raised: Raised, held: dict[str, Any] | None) -> dict[str, Any]:
    """What stands of a code: the example that is there, and the status that it has now."""
    return {"detail": raised.words, **(held or {}), "status": raised.status}


def _spelled_out(codes: Codes, held: dict[str, Any]) -> Codes:
    """The codes; one that is put together when it is raised stands for those in problems.json that fit."""
    return {
        name: raised
        for code, raised in codes.items()
        for name in (fnmatch.filter(held, code) if ANY in code else [code])
    }


def problems_text(found: dict[str, Any]) -> str:
    """problems.json, a line for each code and each operation."""
    blocks = []
    for name, entries in found.items():
        lines = [
            f"  {json.dumps(key)}: {json.dumps(entry, sort_keys=True, ensure_ascii=False)}"
            for key, entry in entries.items()
        ]
        blocks.append(f' "{name}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def headers_text(service: str) -> str:
    """headers.json of a service: the headers that its operations set, a line for each."""
    known = {route.name: sorted(headers_of(route)) for route in routes_of(app_of(service)) if route.include_in_schema}
    lines = [f" {json.dumps(name)}: {json.dumps(names)}" for name, names in sorted(known.items()) if names]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write_problems() -> None:
    """Write problems.json of each service, and that of `shared`."""
    held = shared_codes()
    for service in SERVICES:
        found, met = problems(service)
        (folder_of(service) / FILE).write_text(problems_text(found), encoding="utf-8")
        for code, raised in met.items():
            if raised.is_shared:
                held[code] = _entry(raised, held.get(code))
    (SHARED / FILE).write_text(problems_text({"codes": dict(sorted(held.items()))}), encoding="utf-8")


def main() -> None:
    """Write all of them."""
    write_problems()
    for service in SERVICES:
        (folder_of(service) / headers.FILE).write_text(headers_text(service), encoding="utf-8")
    for service in SERVICES:
        _write(path_of(service), document(service))
    _write(MERGED, merged_document())


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{path.relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
