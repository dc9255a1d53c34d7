"""Rules about all services at once, read off the code and off what it serves."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from local.openapi import document, path_of
from migrations.histories import SERVICES
from shared.auth.principal import SCOPES

SERVICES_FOLDER = Path(__file__).resolve().parents[2] / "services"
NAMES = {
    "main",
    "endpoints",
    "service",
    "repository",
    "domain",
    "models",
    "schemas",
    "settings",
    "clients",
    "tasks",
    "worker",
}
REQUIRED = NAMES - {"clients"}
METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}

# Whoever calls these has no token yet, or is a machine that watches the process.
OPEN = {
    ("post", "/oauth2/token"),
    ("get", "/.well-known/jwks.json"),
    ("get", "/livez"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}
# Pages for people are no part of the API: suppliers' form and what mails link to are opened by the link alone.
ALSO_SERVED = {
    "/docs",
    "/docs/assets/{name}",
    "/openapi.json",
    "/answer",
    "/answer/files",
    "/unsubscribe/{token}",
    "/invitation/{token}",
    "/calendar/{token}",
    "/link/{link_id}",
}


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def operations(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in json.loads(document(service))["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_operation_needs_a_known_scope_but_for_a_closed_list(service: str) -> None:
    found = operations(service)
    assert found
    for method, path, operation in found:
        needed = [scope for way in operation.get("security", []) for scopes in way.values() for scope in scopes]
        if (method, path) in OPEN:
            assert needed == [], (method, path)
        else:
            assert needed, (method, path)
            assert set(needed) <= SCOPES.keys(), (method, path)


def test_nothing_is_served_that_the_description_does_not_tell(service: str) -> None:
    app = importlib.import_module(f"services.{service}.main").create_app()
    told = {path for _, path, _ in operations(service)}
    served = {route.path_format for route in app.routes}
    assert told <= served
    assert served - told <= ALSO_SERVED


def test_operation_ids_are_unique_and_the_description_is_valid(service: str) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(service)]
    assert sorted(ids) == sorted(set(ids))
    validate(json.loads(document(service)))


def test_the_description_in_the_repository_is_what_is_served(service: str) -> None:
    assert path_of(service).read_text(encoding="utf-8") == document(service), "make openapi rewrites it"


def test_a_service_has_the_same_file_names_as_every_other(service: str) -> None:
    folder = SERVICES_FOLDER / service
    found = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__"} <= NAMES
    assert found >= REQUIRED


def test_errors_are_described_as_problems_everywhere(service: str) -> None:
    for method, path, operation in operations(service):
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/internal-error"}, (method, path)
        for status, answer in operation["responses"].items():
            if status[0] not in "23d" and "$ref" not in answer and path != "/oauth2/token":
                assert list(answer["content"]) == ["application/problem+json"], (method, path)
