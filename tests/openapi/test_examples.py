"""The examples in the API's descriptions: one everywhere, each what the service would take or give."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from local.openapi import app_of, folder_of
from local.problem_codes import routes_of
from migrations.histories import SERVICES
from shared.openapi.examples import FILE, Words
from shared.openapi.walking import operations


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def document(service: str) -> dict[str, Any]:
    return app_of(service).openapi()


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Where, media type and content of each request, answer and webhook."""
    webhooks = [("post", name, item["post"]) for name, item in document.get("webhooks", {}).items()]
    for _, _, operation in (*operations(document), *webhooks):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            yield operation["operationId"], media_type, content
        for status, answer in operation["responses"].items():
            shared = document["components"]["responses"].get(answer.get("$ref", "").rpartition("/")[2], answer)
            for media_type, content in shared.get("content", {}).items():
                yield f"{operation['operationId']} {status}", media_type, content


def examples_in(document: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    found = []
    for example in content.get("examples", {}).values():
        held = example
        if "$ref" in example:
            held = document["components"]["examples"][example["$ref"].rpartition("/")[2]]
        found.append(held["value"])
    return [*found, content["example"]] if "example" in content else found


def complaints(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    registry = Registry().with_resource("urn:api", Resource.from_contents(document, default_specification=DRAFT202012))
    here = json.loads(json.dumps(schema).replace('"#/', '"urn:api#/'))
    checker = Draft202012Validator(here, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(value)]


def test_every_request_and_every_answer_has_an_example(document: dict[str, Any]) -> None:
    without = [
        (where, media_type)
        for where, media_type, content in bodies(document)
        if content["schema"].get("format") != "binary" and not examples_in(document, content)
    ]
    assert without == []


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    wrong = {
        (where, media_type): found
        for where, media_type, content in bodies(document)
        for value in examples_in(document, content)
        if (found := complaints(document, content["schema"], value))
    }
    assert wrong == {}


def test_every_example_of_a_parameter_fits_its_schema(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                assert "example" in parameter, (path, parameter["name"])
            if "example" in parameter:
                found = complaints(document, parameter["schema"], parameter["example"])
                assert found == [], (path, parameter["name"])


def test_the_service_itself_takes_every_example_of_a_request(service: str, document: dict[str, Any]) -> None:
    """Models refuse more than their schemas tell, such as an identifier with a wrong check digit."""
    told = {operation["operationId"]: operation for _, _, operation in operations(document)}
    refused = {}
    for route in routes_of(app_of(service)):
        content = told.get(route.name, {}).get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or route.body_field is None:
            continue
        for value in examples_in(document, content):
            try:
                TypeAdapter(route.body_field.field_info.annotation).validate_python(value)
            except ValidationError as error:
                refused[route.name] = str(error)
    assert refused == {}


def test_words_that_nothing_uses_are_removed(service: str, document: dict[str, Any]) -> None:
    own = json.loads((folder_of(service) / FILE).read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    media = {f"{where} {media_type}" for where, media_type, _ in bodies(document)}
    parameters = {each["name"] for _, _, operation in operations(document) for each in operation.get("parameters", ())}
    fields = {name for schema in schemas.values() for name in schema.get("properties", {})} | parameters
    assert set(own["whole"]) <= schemas.keys() | media
    for word in own["fields"]:
        schema, _, field = word.rpartition(".")
        assert field in (schemas[schema]["properties"] if schema else fields), word


def test_a_word_is_the_same_thing_in_every_service() -> None:
    """The supplier of the registry's examples is the one whom audit, engagement and scoring tell of."""
    held: dict[str, dict[str, Any]] = {}
    for each in SERVICES:
        for word, value in Words.read(folder_of(each)).fields.items():
            held.setdefault(word, {})[each] = value
    assert len(held["supplier_id"]) == len(SERVICES)
    for word in ("supplier_id", "supplier_code"):
        assert len({json.dumps(value) for value in held[word].values()}) == 1, word


def test_the_code_and_the_id_of_a_supplier_go_together_in_all_examples() -> None:
    """Whatever names both, in whatever service."""
    pairs: dict[str, set[str]] = {}

    def look(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("supplier_code"), str) and isinstance(node.get("supplier_id"), str):
                pairs.setdefault(node["supplier_code"], set()).add(node["supplier_id"])
            for value in node.values():
                look(value)
        elif isinstance(node, list):
            for value in node:
                look(value)

    for each in SERVICES:
        look(json.loads((folder_of(each) / FILE).read_text(encoding="utf-8")))
    assert pairs
    assert {code: ids for code, ids in pairs.items() if len(ids) > 1} == {}
