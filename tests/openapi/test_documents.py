"""What holds of the API's descriptions together: of each service, and of the one for the door."""

import json
from collections import Counter
from typing import Any

import pytest
from openapi_spec_validator import validate

from local.openapi import FILE, MERGED, document, folder_of, headers_text, merged_document, problems, problems_text
from local.openapi_merging import INSIDE, repeated_ids
from local.problem_codes import codes_of, routes_of
from migrations.histories import SERVICES
from services.scoring.domain.webhook import events
from services.scoring.schemas import webhook_messages
from shared.errors import Conflict, NotFound
from shared.openapi import headers, shapes
from shared.openapi.describing import SHARED_TAGS
from shared.openapi.problems import shared_codes
from shared.openapi.walking import operations
from shared.web.route import new_router


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    return {service: json.loads(document(service)) for service in SERVICES}


@pytest.fixture(scope="module")
def merged() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(merged_document())
    return found


def test_the_document_for_the_door_is_what_the_services_serve(merged: dict[str, Any]) -> None:
    assert json.loads(MERGED.read_text(encoding="utf-8")) == merged, "make openapi rewrites it"
    validate(merged)


def test_the_document_for_the_door_has_every_operation_under_the_services_path(
    documents: dict[str, dict[str, Any]], merged: dict[str, Any]
) -> None:
    told = {
        (method, f"/{service}{path}")
        for service, each in documents.items()
        for method, path, _ in operations(each)
        if path not in INSIDE
    }
    assert {(method, path) for method, path, _ in operations(merged)} == told
    assert repeated_ids(merged) == []


def test_all_posts_take_an_idempotency_key_but_those_that_only_read_and_the_one_for_tokens(
    merged: dict[str, Any],
) -> None:
    assert {
        path
        for method, path, operation in operations(merged)
        if method == "post" and all(each.get("name") != "Idempotency-Key" for each in operation.get("parameters", ()))
    } == {
        "/engagement/v1/events/{event_id}/invitations/preview",
        "/engagement/v1/newsletters/{newsletter_id}/preview",
        "/engagement/v1/people/lookup",
        "/registry/oauth2/token",
        "/registry/v1/contacts/lookup",
        "/registry/v1/suppliers/lookup",
        "/scoring/v1/allocations/what-if",
        "/scoring/v1/policies/validate",
    }


def test_an_operation_is_called_the_same_in_its_services_document_and_at_the_door(
    documents: dict[str, dict[str, Any]], merged: dict[str, Any]
) -> None:
    """But for what every service has: there the service's name goes before it."""
    at_the_door = {(method, path): operation["operationId"] for method, path, operation in operations(merged)}
    for service, each in documents.items():
        for method, path, operation in operations(each):
            if path not in INSIDE:
                is_everywhere = any(tag in SHARED_TAGS for tag in operation["tags"])
                own = operation["operationId"]
                assert at_the_door[method, f"/{service}{path}"] == (f"{service}_{own}" if is_everywhere else own)


def test_a_schema_has_one_meaning_in_all_services(documents: dict[str, dict[str, Any]]) -> None:
    held: dict[str, set[str]] = {}
    for each in documents.values():
        for name, schema in each["components"]["schemas"].items():
            held.setdefault(name, set()).add(json.dumps(schema, sort_keys=True))
    assert [name for name, meanings in held.items() if len(meanings) > 1] == []


def test_generated_clients_get_names_for_people(merged: dict[str, Any]) -> None:
    for name in merged["components"]["schemas"]:
        assert "_" not in name, name
    for _, path, operation in operations(merged):
        assert operation["operationId"] == operation["operationId"].lower(), path
        assert operation["summary"], path
        assert operation["description"], path


def enums_in(node: Any) -> list[tuple[str, ...]]:
    if isinstance(node, dict):
        own = [tuple(node["enum"])] if isinstance(node.get("enum"), list) else []
        return own + [words for value in node.values() for words in enums_in(value)]
    return [words for value in node for words in enums_in(value)] if isinstance(node, list) else []


def test_a_closed_list_of_words_has_one_name_wherever_it_stands(documents: dict[str, dict[str, Any]]) -> None:
    """Else generated clients have as many classes for it as there are places."""
    for service, each in documents.items():
        named = shapes.read_enums(folder_of(service))
        found = Counter(words for words in enums_in([each["paths"], each["components"]["schemas"]]))
        assert [words for words, times in found.items() if times > 1] == [], service
        own = json.loads((folder_of(service) / shapes.FILE).read_text(encoding="utf-8"))
        assert [name for name in own if name not in each["components"]["schemas"]] == [], service
        assert len(set(named.values())) == len(named)


def test_every_group_of_routes_says_what_it_is(documents: dict[str, dict[str, Any]]) -> None:
    for service, each in documents.items():
        told = {tag["name"] for tag in each["tags"]}
        for _, path, operation in operations(each):
            assert operation["tags"], (service, path)
            assert set(operation["tags"]) <= told, (service, path)


@pytest.mark.parametrize("service", SERVICES)
def test_the_problems_that_are_told_are_those_that_the_code_raises(service: str) -> None:
    found, met = problems(service)
    assert (folder_of(service) / FILE).read_text(encoding="utf-8") == problems_text(found), "make openapi rewrites it"
    known = shared_codes()
    assert {code for code, raised in met.items() if raised.is_shared} <= known.keys()
    for code, told in (found["codes"] | known).items():
        assert told["detail"], f"{code}: write down what it says"
        assert "..." not in told["detail"], f"{code}: write an example of what it says"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [("engagement", "create_newsletter", "text-not-allowed"), ("audit", "save_response", "sheet-unreadable")],
)
def test_what_a_function_raises_that_is_handed_to_a_thread_is_told(service: str, operation: str, code: str) -> None:
    assert code in problems(service)[0]["operations"][operation]


async def gone_or_in_the_way(here: bool) -> None:
    if here:
        raise Conflict("It is in the way.", code="merged")
    raise NotFound("It is gone.", code="merged")


gone_or_in_the_way.__module__ = "services.registry.endpoints.things"  # only the project's own code is read


def test_a_code_that_is_raised_with_two_statuses_is_refused() -> None:
    router = new_router()
    router.add_api_route("/thing", gone_or_in_the_way)
    (route,) = routes_of(router)
    with pytest.raises(ValueError, match=r"merged is raised with 40. and with 40.: a code has one status"):
        codes_of(route)


@pytest.mark.parametrize("service", SERVICES)
def test_the_headers_that_are_told_are_those_that_the_code_sets(service: str) -> None:
    assert (folder_of(service) / headers.FILE).read_text("utf-8") == headers_text(service), "make openapi rewrites it"


def test_answers_are_told_with_their_headers(documents: dict[str, dict[str, Any]]) -> None:
    paths = {path: item for each in documents.values() for path, item in each["paths"].items()}

    def headers_of(path: str, method: str, status: str) -> set[str]:
        return set(paths[path][method]["responses"][status].get("headers", ()))

    assert headers_of("/v1/suppliers", "post", "201") == {"ETag", "Location"}
    assert headers_of("/v1/suppliers", "get", "200") == {"Link"}
    assert headers_of("/v1/suppliers/{supplier_id}", "get", "200") == {"ETag"}
    assert headers_of("/v1/imports/suppliers", "post", "202") == {"Location", "Retry-After"}
    evidence, report = "/v1/findings/{finding_id}/evidence", "/v1/qbrs/{quarter}/report"
    assert headers_of(evidence, "post", "200") == headers_of(evidence, "post", "201") == {"ETag", "Location"}
    assert headers_of(report, "get", "202") == {"Location", "Retry-After"}
    assert "304" in paths["/v1/suppliers/{supplier_id}"]["get"]["responses"]
    assert "304" not in paths["/v1/suppliers"]["get"]["responses"]


def test_webhooks_are_told_with_the_fields_that_they_send(documents: dict[str, dict[str, Any]]) -> None:
    told = documents["scoring"]["webhooks"]
    assert set(told) == {*events.EVENT_TYPES, events.TEST}
    place = {"id", "version", "feed_seq"}
    for event, fields in events.TOLD.items():
        name = "".join(word.capitalize() for part in event.split(".") for word in part.split("_"))
        data = getattr(webhook_messages, f"{name}Data").model_fields
        lines = {"lines"} if event == events.ALLOCATION_APPROVED else set()
        assert set(data) == place | set(fields) | lines, event
