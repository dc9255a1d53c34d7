"""One OpenAPI document for the four services, under the paths of the one door."""

import json
from collections import Counter
from typing import Any

from shared.openapi.describing import CONTACT, CONVENTIONS, LICENCE, SHARED_TAGS, TOKEN_PATH
from shared.openapi.walking import METHODS, SCHEMAS, operations, rewritten

INSIDE = ("/livez", "/readyz", "/metrics")
"""Not served through the door."""
SECTIONS = ("schemas", "examples", "responses", "headers")
ABOUT = """\
The API of the four services through the one door. Registry knows the suppliers, audit what was found at them and what
they answered, engagement how they were trained, and scoring draws the conclusions: scores and risk tiers, quarterly
reviews, order allocations. Each service also serves the description of its own part.
"""


def merged(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The documents of the services, by name, as one."""
    clashing = _clashing(documents)
    one: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Bellwether",
            "description": ABOUT + CONVENTIONS,
            "version": next(iter(documents.values()))["info"]["version"],
            "contact": CONTACT,
            "license": LICENCE,
        },
        "servers": [
            {"url": "http://127.0.0.1:8000", "description": "The door of `make serve` and `docker compose up`"},
            {
                "url": "https://{door}",
                "description": "Your own",
                "variables": {"door": {"default": "bellwether.example.com", "description": "Its name"}},
            },
        ],
        "paths": {},
        "webhooks": {},
        "components": {section: {} for section in SECTIONS} | {"securitySchemes": {}},
        "tags": [],
    }
    for service, document in documents.items():
        _add(one, service, _renamed(document, service, clashing))
    _prune(one)
    client = one["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    client["tokenUrl"] = f"/registry{TOKEN_PATH}"  # of whichever server
    return one


def _clashing(documents: dict[str, dict[str, Any]]) -> set[str]:
    """References to components that differ between services though they have one name."""
    kinds: dict[str, set[str]] = {}
    for document in documents.values():
        for section in SECTIONS:
            for name, component in document["components"].get(section, {}).items():
                kinds.setdefault(f"#/components/{section}/{name}", set()).add(json.dumps(component, sort_keys=True))
    return {reference for reference, contents in kinds.items() if len(contents) > 1}


def _renamed(document: dict[str, Any], service: str, clashing: set[str]) -> dict[str, Any]:
    """The document with the service's name before whatever would clash, and before what every service has."""

    def new(reference: str) -> str:
        if reference not in clashing:
            return reference
        section, _, name = reference.rpartition("/")
        joined = service.capitalize() + name if reference.startswith(SCHEMAS) else f"{service}-{name}"
        return f"{section}/{joined}"

    def change(node: dict[str, Any]) -> dict[str, Any]:
        reference = node.get("$ref")
        return {**node, "$ref": new(reference)} if isinstance(reference, str) else node

    changed: dict[str, Any] = rewritten(document, change)
    for section in SECTIONS:
        held = changed["components"].get(section, {})
        changed["components"][section] = {
            new(f"#/components/{section}/{name}").rpartition("/")[2]: value for name, value in held.items()
        }
    for _, _, operation in operations(changed):
        if any(tag in SHARED_TAGS for tag in operation["tags"]):
            operation["operationId"] = f"{service}_{operation['operationId']}"
    return changed


def _add(one: dict[str, Any], service: str, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        if path not in INSIDE:
            one["paths"][f"/{service}{path}"] = item
    one["webhooks"] |= document.get("webhooks", {})
    for section, held in one["components"].items():
        held.update(document["components"].get(section, {}))
    known = {tag["name"] for tag in one["tags"]}
    one["tags"] += [tag for tag in document["tags"] if tag["name"] not in known and tag["name"] != "health"]


def _prune(one: dict[str, Any]) -> None:
    """Leave out what only the paths inside refer to."""
    text = json.dumps(one)
    for section in SECTIONS:
        held = one["components"][section]
        one["components"][section] = {
            name: value for name, value in held.items() if f'"#/components/{section}/{name}"' in text
        }


def repeated_ids(document: dict[str, Any]) -> list[str]:
    """Operation ids that stand in a document more than once."""
    counted = Counter(
        item[method]["operationId"] for item in document["paths"].values() for method in METHODS if method in item
    )
    return [name for name, times in counted.items() if times > 1]
