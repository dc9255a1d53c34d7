"""The API reference as static HTML, made from the OpenAPI documents: a page for each service that needs no network."""

import json
import sys
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup

from local.environment import SERVICES
from local.openapi import path_of
from local.supervisor import PROJECT
from shared.openapi.walking import operations

FOLDER = PROJECT / "docs" / "reference"
TEMPLATE = "reference.html"
MARKDOWN = MarkdownIt("commonmark", {"html": False})  # HTML in a description is shown, not obeyed


def pages() -> dict[str, str]:
    """The files, by name, and what they hold."""
    return {f"{service}.html": page(json.loads(path_of(service).read_text(encoding="utf-8"))) for service in SERVICES}


def page(document: dict[str, Any]) -> str:
    """One service's reference."""
    surroundings = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    surroundings.filters["words"] = lambda text: Markup(MARKDOWN.render(text))  # noqa: S704
    surroundings.filters["line"] = lambda text: Markup(MARKDOWN.renderInline(text))  # noqa: S704
    surroundings.filters["examples"] = lambda body: _examples(document, body)
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for method, path, operation in operations(document):
        groups[operation["tags"][0]].append(_shown(document, method, path, operation))
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    return surroundings.get_template(TEMPLATE).render(document=document, groups=groups, tags=tags, pages=SERVICES)


def _shown(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    answers = [(status, _resolved(document, answer)) for status, answer in operation["responses"].items()]
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "description": operation["description"],
        "scopes": [scope for way in operation["security"] for scopes in way.values() for scope in scopes],
        "parameters": operation.get("parameters", []),
        "request": operation.get("requestBody"),
        "answers": answers,
    }


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What is only referred to, such as a problem or an example."""
    if "$ref" not in node:
        return node
    _, section, name = node["$ref"].rsplit("/", 2)
    found: dict[str, Any] = document["components"][section][name]
    return found


def _examples(document: dict[str, Any], body: dict[str, Any]) -> list[str]:
    values = [_resolved(document, example)["value"] for example in body.get("examples", {}).values()]
    return [
        value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)
        for value in values
    ]


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{(FOLDER / name).relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
