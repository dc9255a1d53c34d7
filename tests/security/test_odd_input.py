"""Odd input into every place of every operation: answered as the caller's mistake, never with a server error."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from migrations.histories import SERVICES
from tests.security.extent import chosen
from tests.security.operations import Operation, operations
from tests.stage import Stage
from tests.tried import Tried

ODD_TEXT = {
    "NUL": "a\x00b",
    "line breaks": "a\r\nSet-Cookie: a=b\r\n\r\n<script>",
    "right to left, beyond the BMP": "\u202e\U0001f468\u200d\U0001f469\ufeff\U000e0041",
    "very long": "x" * 9000,
    "path": "../../etc/passwd",
    "SQL": "' OR 1=1; --",
    "template": "{{ 7 * 7 }}${7*7}",
    "number": "9" * 400,
    "nan": "NaN",
}
ODD_VALUES: dict[str, Any] = {
    **ODD_TEXT,
    "huge integer": 10**300,
    "tiny": 5e-324,
    "negative": -(2**63) - 1,
    "nothing": None,
    "list": [[]],
    "NUL in a list": [ODD_TEXT["NUL"]],
    "object": {"": {"": {}}},
    "bool": True,
}
RAW_BODIES = {
    "deep lists": b"[" * 200_000,
    "deep and closed": b"[" * 50_000 + b"]" * 50_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "endless number": b'{"a":' + b"9" * 100_000 + b"}",
    "infinity": b'{"a": Infinity, "b": -Infinity, "c": NaN, "d": 1e999}',
    "lone surrogate": b'{"name": "\\ud800", "code": "\\udfff"}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "the same name twice": b'{"name": "a", "name": {"b": 1}}',
    "nothing": b"",
    "bare text": b'"text"',
    "null": b"null",
}
ODD_HEADERS = ("If-Match", "If-None-Match", "Accept", "Idempotency-Key")
AT_ONCE = 8


def fields_of(operation: Operation, schemas: dict[str, Any]) -> list[str]:
    content = operation.description.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    named = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    return list(named.get("properties", {}))


def attacks_on(operation: Operation, schemas: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each attack, and the request."""
    plain = {"method": operation.method, "url": operation.with_any_ids(), "headers": [("If-Match", '"1"')]}
    for kind, text in ODD_TEXT.items():
        path = operation.path
        for name in operation.path_parameters:
            path = path.replace(f"{{{name}}}", quote(text[:500], safe=""))
        if path != operation.path:
            yield f"path: {kind}", {**plain, "url": path}
        named = [each["name"] for each in operation.description.get("parameters", []) if each["in"] == "query"]
        if named:
            yield f"query: {kind}", {**plain, "params": dict.fromkeys(named, text[:3000])}
    for odd in ('"', "*,*", "W/", "\xff\xfe", "9" * 5000):
        yield f"headers: {odd[:5]!r}", {**plain, "headers": [(name, odd) for name in ODD_HEADERS]}
    for kind, raw in bodies_of(operation, schemas):
        headers = [("If-Match", "*"), ("Content-Type", operation.media_types[0])]
        yield f"body: {kind}", {**plain, "headers": headers, "content": raw, "params": {"name": "a.pdf"}}


def bodies_of(operation: Operation, schemas: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    if not operation.media_types:
        return
    yield from RAW_BODIES.items()
    if "application/json" in operation.media_types:
        fields = fields_of(operation, schemas)
        for kind, value in ODD_VALUES.items():
            yield f"{kind} in every field", json.dumps(dict.fromkeys(fields, value)).encode()


def as_bytes(value: str) -> bytes:
    return value.encode("latin-1")


def complaint(answer: httpx.Response) -> str | None:
    """What is wrong with an answer, if something is."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code >= 400 and not answer.headers["content-type"].startswith(
        ("application/problem", "application/json")
    ):
        return f"no problem: {answer.headers['content-type']}"
    if "set-cookie" in answer.headers:
        return "a header of the caller's"
    return None


@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", SERVICES)
async def test_odd_input_is_never_our_mistake(stage: Stage, tried: Tried, service: str) -> None:
    schemas = stage.apps[service].openapi()["components"]["schemas"]
    aimed_at = [operation for operation in operations() if operation.service == service]
    gate, wrong, requests = asyncio.Semaphore(AT_ONCE), [], 0

    async def attack(client: httpx.AsyncClient, operation: Operation, kind: str, request: dict[str, Any]) -> None:
        async with gate:
            pairs = [(name, as_bytes(value)) for name, value in request.pop("headers")]
            token = [("Authorization", client.headers["authorization"].encode())]
            answer = await client.request(**request, headers=[*token, *pairs])
        if found := complaint(answer):
            wrong.append((operation.id, kind, found))

    async with stage.machine(service) as client:
        for operation in aimed_at:
            asked = chosen(list(attacks_on(operation, schemas)), of=operation.id)
            requests += len(asked)
            await asyncio.gather(*(attack(client, operation, kind, request) for kind, request in asked))
    tried("odd input", operations=len(aimed_at), requests=requests, attacks=requests, failures=len(wrong))
    assert not wrong, "\n".join(map(str, wrong[:40]))


async def test_a_body_without_end_is_cut_off_and_one_that_lies_about_its_length_too(stage: Stage, tried: Tried) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 65536

    wrong = []
    taking = [operation for operation in operations() if "application/json" in operation.media_types]
    for operation in taking:
        async with stage.machine(operation.service) as client:
            headers = {"Content-Type": "application/json", "If-Match": "*"}
            answer = await client.request(
                operation.method, operation.with_any_ids(), content=endless(), headers=headers
            )
        if answer.status_code != 413:
            wrong.append((operation.id, int(answer.status_code)))
    tried(
        "bodies beyond the limit: 413",
        operations=len(taking),
        requests=len(taking),
        attacks=len(taking),
        failures=len(wrong),
    )
    assert not wrong, "\n".join(map(str, wrong))
