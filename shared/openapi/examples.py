"""An example for each request and each answer, put together from a service's words.

A word is what stands for a field wherever it occurs (`supplier_code`), or in one schema (`AuditView.outcome`), so that
the examples tell of the same suppliers throughout; `whole` holds what only makes sense as a whole.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from shared.openapi.walking import SCHEMAS, named_schema, operations

SHARED = Path(__file__).parent
FILE = "examples.json"
EXAMPLES = "#/components/examples/"
JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
FORMATS = {"date": "2026-03-02", "date-time": "2026-03-02T08:15:00Z", "binary": ""}
NOTHING = object()


class NoExample(LookupError):
    """A field for which there is no word: add one to the service's examples.json."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the examples of a service are made of."""

    fields: dict[str, Any]
    """By `field`, or by `Schema.field`, which is stronger."""
    whole: dict[str, Any]
    """By the schema's name; what has none by `operation media/type`, or `operation status media/type` of an answer."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Those in a service's folder, on top of those of what all services have."""
        files = [json.loads((place / FILE).read_text(encoding="utf-8")) for place in (SHARED, folder)]
        return cls(
            {name: value for file in files for name, value in file["fields"].items()},
            {name: value for file in files for name, value in file["whole"].items()},
        )


def add_examples(document: dict[str, Any], words: Words) -> None:
    """Give each request, parameter and answer of the document its example."""
    composer = _Composer(document, words)
    examples = document["components"].setdefault("examples", {})
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            composer.exemplify_parameter(parameter)
        name = operation["operationId"]
        bodies = {name: operation.get("requestBody", {})}
        bodies |= {f"{name} {status}": told for status, told in operation["responses"].items()}
        for where, body in bodies.items():
            for media_type, content in body.get("content", {}).items():
                composer.exemplify(content, f"{where} {media_type}", examples)
    for item in document.get("webhooks", {}).values():
        for content in item["post"]["requestBody"]["content"].values():
            composer.exemplify(content, "", examples)


class _Composer:
    """Examples of a document's schemas, each made once."""

    def __init__(self, document: dict[str, Any], words: Words) -> None:
        self._document = document
        self._words = words
        self._schemas = document["components"]["schemas"]
        self._under_way: list[str] = []

    def exemplify(self, content: dict[str, Any], key: str, examples: dict[str, Any]) -> None:
        """Add an example to a body, under its schema's name where it has one."""
        if "examples" in content:
            return
        schema = content["schema"]
        name = schema.get("$ref", "").removeprefix(SCHEMAS)
        if key in self._words.whole:
            content["examples"] = {"example": {"value": self._words.whole[key]}}
        elif name:
            examples.setdefault(name, {"value": self.of(schema, key)})
            content["examples"] = {"example": {"$ref": EXAMPLES + name}}
        elif schema.get("format") != "binary":
            content["examples"] = {"example": {"value": self.of(schema, key)}}

    def exemplify_parameter(self, parameter: dict[str, Any]) -> None:
        """Add an example to a parameter where there is a word for it; one in a path must have one."""
        schema, name = parameter["schema"], parameter["name"]
        if "example" in parameter or "examples" in parameter:
            return
        found = self._known("", name, schema)
        if found is NOTHING and parameter["in"] == "path":
            found = self.of(schema, name)
        if found is not NOTHING and found is not None:
            parameter["example"] = found

    def of(self, schema: dict[str, Any], where: str) -> Any:
        """The example of a schema."""
        if "$ref" in schema:
            if "default" in schema:
                return schema["default"]
            name = schema["$ref"].removeprefix(SCHEMAS)
            if name in self._words.whole:
                return self._words.whole[name]
            if name in self._under_way:
                raise NoExample(f"{name} holds itself: give {where}")
            self._under_way.append(name)
            found = self._of_shape(self._schemas[name], name)
            self._under_way.pop()
            return found
        return self._of_shape(schema, where)

    def _of_shape(self, schema: dict[str, Any], where: str) -> Any:
        options = [each for word in ("anyOf", "oneOf") for each in schema.get(word, ()) if each.get("type") != "null"]
        if options:
            return self.of(options[0], where)
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else schema["enum"][0]
        kinds = _kinds(schema)
        if "object" in kinds:
            fields = schema.get("properties", {})
            return {field: self._of_field(where, field, inner) for field, inner in fields.items()}
        if "array" in kinds:
            return [self.of(schema.get("items", {}), where)]
        if schema.get("default") is not None:
            return schema["default"]
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        raise NoExample(where)

    def _of_field(self, owner: str, field: str, schema: dict[str, Any]) -> Any:
        known = self._known(owner, field, schema)
        return self.of(schema, f"{owner}.{field}") if known is NOTHING else known

    def _known(self, owner: str, field: str, schema: dict[str, Any]) -> Any:
        """What was written down for a field, and fits it."""
        fields = self._words.fields
        for candidate in (
            fields.get(f"{owner}.{field}", NOTHING),
            *schema.get("examples", ())[:1],
            fields.get(field, NOTHING),
        ):
            if candidate is NOTHING:
                continue
            if self._fits(candidate, schema):
                return candidate
            if self._fits([candidate], schema):
                return [candidate]
        return NOTHING

    def _fits(self, value: Any, schema: dict[str, Any]) -> bool:
        """Whether a value is of the schema's kind; the tests validate all the rest."""
        schema = named_schema(self._document, schema)
        options = [each for word in ("anyOf", "oneOf") for each in schema.get(word, ())]
        if options:
            return any(self._fits(value, each) for each in options)
        if "const" in schema or "enum" in schema:
            return value in schema.get("enum", [schema.get("const")])
        kinds = _kinds(schema)
        if isinstance(value, bool) and "boolean" not in kinds:
            return not kinds
        if isinstance(value, list) and "array" in kinds:
            return all(self._fits(each, schema.get("items", {})) for each in value)
        if isinstance(value, dict) and "properties" in schema:
            known = schema["properties"]
            return set(schema.get("required", ())) <= value.keys() <= known.keys() and all(
                self._fits(inner, known[name]) for name, inner in value.items()
            )
        return not kinds or any(isinstance(value, JSON_TYPES[kind]) for kind in kinds)


def _kinds(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)
