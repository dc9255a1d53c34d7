"""The description of a service's API: FastAPI's, tidied, with everything that code does not say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from shared.auth.principal import SCOPES
from shared.openapi import problems, shapes
from shared.openapi.examples import Words, add_examples
from shared.openapi.headers import add_headers
from shared.openapi.walking import operations
from shared.web import idempotency

PORTS = {"registry": 8001, "audit": 8002, "engagement": 8003, "scoring": 8004}
TOKEN_PATH = "/oauth2/token"  # noqa: S105  # where tokens are given
CONTACT = {"name": "The Bellwether project", "url": "https://bellwether.example"}
LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}

CONVENTIONS = """
**Tokens.** `POST /oauth2/token` of the registry gives API clients a token (client credentials) for five minutes; people
bring one of the company's OIDC issuer. Each operation names the scope that it needs; `admin` has all of them. A client
that is bound to a supplier sees what is that supplier's, and 404 for the rest.

**Versions.** A single resource carries an `ETag`. A change of an existing one names it in `If-Match` (428 where it is
missing, 412 where somebody else was first); a read with `If-None-Match` is 304 where nothing is new.

**Repeating.** A POST that changes something may carry an `Idempotency-Key`: the same request with the same key gets the
first answer again, for 72 hours.

**Lists** come in pages: go on with `cursor=` and the `next_cursor` of the page before, until it is null.

**Errors** are problem details (RFC 9457); the end of `type` is a stable code, `errors` points at what to mend.
A refused request has changed nothing.
"""

TOKEN_WAY = "client"  # noqa: S105  # how the token endpoint itself is called
KEY_REFUSED = "idempotency-key-invalid"
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request with the same key gets the first answer again, for 72 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST_KEY},
    "example": "order-run-2026Q4",
}

SHARED_TAGS = {
    "imports": "Files of CSV, NDJSON or XLSX, taken in row by row: good rows are kept, the others listed",
    "feed": "Every change of this service's resources, in order and without gaps, for whoever keeps a copy",
    "audit log": "Who changed what, and when; nothing in it is ever changed",
    "tasks": "Slow work that is under way, and what failed for good, to be tried again",
    "health": "For whoever watches the process; not served through the door",
}


def install(app: FastAPI, service: str, folder: Path, tags: Mapping[str, str]) -> None:
    """Have `app` describe itself; `folder` holds the service's words and problems, `tags` say what its groups are."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        # Made when it is first asked for: no start of a process waits for it.
        if app.openapi_schema is None:
            app.openapi_schema = described(build(), service, folder, {**tags, **SHARED_TAGS})
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def described(document: dict[str, Any], service: str, folder: Path, tags: Mapping[str, str]) -> dict[str, Any]:
    """FastAPI's `document` with everything that belongs into it."""
    document = shapes.tidy(document, shapes.read_enums(folder))
    document["info"] |= {"description": document["info"]["description"] + "\n" + CONVENTIONS, "contact": CONTACT}
    document["servers"] = [_server(PORTS[service])]
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    document["tags"] = [{"name": name, "description": text} for name, text in tags.items() if name in used]
    _secure(document, service)
    catalogue = problems.Catalogue.read(folder)
    _take_keys(document, catalogue)
    problems.add_problems(document, catalogue)
    add_headers(document, folder)
    add_examples(document, Words.read(folder))
    return document


def _server(port: int) -> dict[str, Any]:
    return {
        "url": "http://{host}:{port}",
        "description": "The service itself, as `make serve` and `docker compose up` start it",
        "variables": {
            "host": {"default": "127.0.0.1", "description": "The machine"},
            "port": {"default": str(port), "description": "PORT_BASE moves it"},
        },
    }


def _take_keys(document: dict[str, Any], catalogue: problems.Catalogue) -> None:
    """What may refuse an Idempotency-Key takes one: a POST of a known caller that is a transaction."""
    for method, _, operation in operations(document):
        if method == "post" and KEY_REFUSED in catalogue.operations.get(operation["operationId"], ()):
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)


def _secure(document: dict[str, Any], service: str) -> None:
    """The ways to a token; what needs none says so."""
    # The registry gives tokens at its own address, whatever that is; the others can but tell its usual one.
    server = "" if service == "registry" else f"http://127.0.0.1:{PORTS['registry']}"
    document["components"]["securitySchemes"] = {
        "oauth2": {
            "type": "oauth2",
            "description": "API clients: client credentials at the registry's token endpoint. Clients are made at "
            "`POST /v1/clients`, the first with `bellwether clients create --first`.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": server + TOKEN_PATH,
                    "scopes": dict(SCOPES),
                }
            },
        },
        "people": {
            "type": "openIdConnect",
            "description": "People: a token of the company's own issuer (`OIDC_ISSUER`), whose roles become these "
            "scopes (`OIDC_SCOPES`). Approving, overriding, publishing and closing take a person.",
            "openIdConnectUrl": "https://login.example.com/.well-known/openid-configuration",
        },
    }
    for item in document.get("webhooks", {}).values():
        item["post"]["security"] = []  # it is the signature that counts
    for _, path, operation in operations(document):
        needed = operation.setdefault("security", [])
        if needed:
            operation["security"] = [*needed, {"people": []}]
        if path == TOKEN_PATH:
            document["components"]["securitySchemes"][TOKEN_WAY] = {
                "type": "http",
                "scheme": "basic",
                "description": "The client's id and secret; they may stand in the form instead",
            }
            operation["security"] = [{TOKEN_WAY: []}, {}]
