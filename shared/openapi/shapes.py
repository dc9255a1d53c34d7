"""Schemas as generated clients like them: names for people, no noise."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.openapi.walking import SCHEMAS, operations, rewritten

SHARED = Path(__file__).parent
FILE = "enums.json"
PAGE = re.compile(r"Page_(\w+)_")
FORM = re.compile(r"Body_(\w+)")
NULL = {"type": "null"}
ANY_TEXT = {"type": "string"}
CLASHING = ("$ref", "anyOf", "oneOf", "allOf", "enum", "const")


def read_enums(folder: Path) -> dict[tuple[str, ...], str]:
    """The names of a service's closed lists of words, by the words, and of those that all services have."""
    files = [json.loads((place / FILE).read_text(encoding="utf-8")) for place in (SHARED, folder)]
    return {tuple(words): name for file in files for name, words in file.items()}


def tidy(document: dict[str, Any], enums: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    """The document with plain names, `type: [string, null]` for what may be null, and titles only where they tell."""
    schemas = document["components"]["schemas"]
    new_names = {name: plain_name(name) for name in schemas}
    schemas = {new_names[name]: {**schema, "title": new_names[name]} for name, schema in schemas.items()}

    used: set[tuple[str, ...]] = set()

    def change(node: dict[str, Any]) -> dict[str, Any]:
        if isinstance(node.get("$ref"), str):
            return {**node, "$ref": _renamed(node["$ref"], new_names)}
        mapping = node.get("mapping")
        if "propertyName" in node and isinstance(mapping, dict):
            return {**node, "mapping": {key: _renamed(value, new_names) for key, value in mapping.items()}}
        for parts in (node.get("properties"), node.get("$defs")):
            if isinstance(parts, dict):
                for name in parts:
                    parts[name] = _without_title(parts[name])
        return _one_type(_with_items(_named_enum(node, enums, used)))

    tidied: dict[str, Any] = rewritten(
        {**document, "components": {**document["components"], "schemas": schemas}}, change
    )
    for _, _, operation in operations(tidied):
        _tidy_operation(operation)
    tidied["components"]["schemas"] |= {
        enums[words]: {"type": "string", "enum": list(words), "title": enums[words]} for words in sorted(used)
    }
    return tidied


def plain_name(name: str) -> str:
    """`Page_SupplierView_` is SupplierViewPage, `Body_get_token` is GetTokenForm."""
    page = PAGE.fullmatch(name)
    if page:
        return f"{page[1]}Page"
    form = FORM.fullmatch(name)
    return "".join(word.capitalize() for word in form[1].split("_")) + "Form" if form else name


def _renamed(reference: str, new_names: dict[str, str]) -> str:
    name = reference.removeprefix(SCHEMAS)
    return SCHEMAS + new_names.get(name, name)


def _without_title(schema: Any) -> Any:
    """A property is called what it is called; a title made of the same words says nothing."""
    return {key: value for key, value in schema.items() if key != "title"} if isinstance(schema, dict) else schema


def _named_enum(
    schema: dict[str, Any], enums: Mapping[tuple[str, ...], str], used: set[tuple[str, ...]]
) -> dict[str, Any]:
    """A closed list of words that has a name is told once, under that name."""
    words = schema.get("enum")
    if not isinstance(words, list) or tuple(words) not in enums:
        return schema
    used.add(tuple(words))
    rest = {key: value for key, value in schema.items() if key not in ("enum", "type", "title")}
    return {"$ref": SCHEMAS + enums[tuple(words)], **rest}


def _with_items(schema: dict[str, Any]) -> dict[str, Any]:
    """An array says what it holds; a pair of numbers is an array of two."""
    kinds = schema.get("type")
    if kinds != "array" or "items" in schema:
        return schema
    inner = schema.get("prefixItems", [{}])
    rest = {key: value for key, value in schema.items() if key != "prefixItems"}
    return {**rest, "items": inner[0]}


def _one_type(schema: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` of one plain type and null, as a list of types."""
    options = schema.get("anyOf")
    if not isinstance(options, list) or len(options) != 2 or NULL not in options:  # noqa: PLR2004  # it or null
        return schema
    option = next(each for each in options if each != NULL)
    if not isinstance(option.get("type"), str) or any(word in option for word in CLASHING):
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**option, **rest, "type": [option["type"], "null"]}


def _tidy_operation(operation: dict[str, Any]) -> None:
    """Parameters and answers without titles; a body that may be left out is optional, rather than perhaps null."""
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_title(parameter["schema"])
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            content["schema"] = _without_title(content.get("schema", ANY_TEXT))
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = _without_title(content["schema"])
        options = [each for each in schema.get("anyOf", ()) if each != NULL]
        is_optional = len(options) == 1 and len(schema["anyOf"]) > 1
        content["schema"] = options[0] if is_optional else schema
