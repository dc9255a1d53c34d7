"""Going through an OpenAPI document."""

from collections.abc import Callable, Iterator
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
SCHEMAS = "#/components/schemas/"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of all there are."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def named_schema(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where it is only referred to."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].removeprefix(SCHEMAS)]
    return schema


def rewritten(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """`node` with each object in it replaced by what `change` makes of it, the inner ones first."""
    if isinstance(node, dict):
        return change({key: rewritten(value, change) for key, value in node.items()})
    if isinstance(node, list):
        return [rewritten(value, change) for value in node]
    return node
