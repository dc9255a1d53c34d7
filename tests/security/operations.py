"""Every operation of every service, as its own API description tells it: what the attacks are aimed at."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from local.openapi import document
from migrations.histories import SERVICES
from shared.ids import new_id

METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}

OPEN = {
    "POST /oauth2/token": "gives the token",
    "GET /.well-known/jwks.json": "public keys",
    "GET /livez": "for whoever watches the process",
    "GET /readyz": "for whoever watches the process",
    "GET /metrics": "for whoever watches the process",
}
"""What is open without a token, and why."""


@dataclass(frozen=True)
class Operation:
    """One method of one path; `scopes` are those that its description says it needs."""

    service: str
    method: str
    path: str
    scopes: tuple[str, ...]
    description: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def id(self) -> str:
        return f"{self.service} {self.name}"

    @property
    def path_parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def media_types(self) -> list[str]:
        return list(self.description.get("requestBody", {}).get("content", {}))

    @property
    def needs_version(self) -> bool:
        return any(parameter["name"] == "If-Match" for parameter in self.description.get("parameters", []))

    def with_any_ids(self) -> str:
        """The path with ids of nothing."""
        return re.sub(r"{\w+}", lambda _: str(new_id()), self.path)


@cache
def operations() -> tuple[Operation, ...]:
    """All of them."""
    found = []
    for service in SERVICES:
        for path, item in json.loads(document(service))["paths"].items():
            for method, described in item.items():
                if method in METHODS:
                    ways = described.get("security", [])
                    scopes = tuple(scope for way in ways for names in way.values() for scope in names)
                    found.append(Operation(service, method.upper(), path, scopes, described))
    return tuple(found)


def guarded() -> tuple[Operation, ...]:
    """Those that need a token."""
    return tuple(operation for operation in operations() if operation.name not in OPEN)
