"""Whatever goes wrong is answered as a problem that says what to mend, and nothing about our insides."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.registry.main import create_app
from shared.web.middleware import LARGEST_BODY, LARGEST_IMPORT
from tests.stage import Stage, serving

NEW = {"code": "S1", "name": "One"}


def check(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"https://bellwether.example/problems/{kind}"
    assert body["status"] == status
    assert body["instance"] == answer.request.url.path
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    return body


async def test_unknown_paths_and_wrong_methods(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        check(await client.get("/v1/nothing"), 404, "not-found")
        wrong = await client.delete("/v1/suppliers")
    check(wrong, 405, "method-not-allowed")
    assert set(wrong.headers["allow"].split(", ")) & {"GET", "POST"}


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[" * 100_000])
async def test_a_body_that_is_not_json(stage: Stage, content: bytes) -> None:
    async with stage.machine("registry") as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/v1/suppliers", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    check(answer, answer.status_code, answer.json()["type"].rpartition("/")[2])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"name": "\xff"}', "it is not UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"code": ' + b"9" * 5000 + b"}", "a number has too many digits"),
    ],
)
async def test_a_body_that_no_reader_of_json_takes_is_malformed_and_says_why(
    stage: Stage, content: bytes, why: str
) -> None:
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", content=content, headers={"Content-Type": "application/json"})
    assert check(answer, 400, "malformed-json")["errors"] == [{"pointer": "#", "detail": why}]


async def test_every_wrong_field_is_named_by_its_pointer(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={"code": "", "country": "Taiwan", "a/b": 1})
        query = await client.get("/v1/suppliers", params={"limit": "many"})
        path = await client.get("/v1/suppliers/S1")
    body = check(answer, 422, "validation-error")
    assert {error["pointer"] for error in body["errors"]} == {"#/code", "#/name", "#/country", "#/a~1b"}
    assert check(query, 422, "validation-error")["errors"][0]["pointer"] == "query: limit"
    assert check(path, 422, "validation-error")["errors"][0]["pointer"] == "path: supplier_id"


async def test_what_is_to_be_mended_is_said_in_words_and_once(stage: Stage) -> None:
    async with stage.machine("registry") as client, stage.machine("engagement") as groups:
        answer = await client.post("/v1/suppliers", json={**NEW, "country": "Taiwan"})
        broken = await client.post("/v1/suppliers", content=b'{"code": }', headers={"Content-Type": "application/json"})
        # This body is read by the route and, before the transaction, by its dependency.
        doubled = await groups.post("/v1/groups", json={"name": "One", "channel": "wecom"})
    (country,) = check(answer, 422, "validation-error")["errors"]
    assert country == {"pointer": "#/country", "detail": "must be two capital letters, as in TW"}
    (where,) = check(broken, 400, "malformed-json")["errors"]
    assert where == {"pointer": "#", "detail": "character 9: Expecting value"}
    (group,) = check(doubled, 422, "validation-error")["errors"]
    assert group["detail"].startswith("a group at wecom needs its robot's webhook_url")


async def test_what_postgresql_cannot_store_is_the_callers_to_mend(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        check(await client.post("/v1/suppliers", json={**NEW, "name": "O\x00ne"}), 422, "invalid")
        check(await client.get("/v1/suppliers", params={"q": "\x00"}), 422, "invalid")
        check(await client.get("/v1/suppliers", params={"supply_tier": 10**12}), 422, "invalid")
        surrogate = json.dumps({**NEW, "name": "\ud800"}).encode()
        answer = await client.post("/v1/suppliers", content=surrogate, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


async def test_a_crash_says_only_that_it_is_ours(stage: Stage) -> None:
    app = create_app(stage.settings("registry"), transport=stage.transport)

    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError("the password is hunter2")

    async with serving(app) as client:
        answer = await client.get("/crash")
    body = check(answer, 500, "internal-error")
    assert body["detail"] == "Something went wrong on our side."
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


async def test_without_its_database_a_service_says_so_and_lives_on(stage: Stage) -> None:
    settings = stage.settings("registry", database_url="postgresql://registry:x@127.0.0.1:1/bellwether")
    async with stage.machine("registry") as known:
        token = known.headers["authorization"]
    async with serving(create_app(settings, transport=stage.transport), Authorization=token) as client:
        for answer in (await client.get("/v1/suppliers"), await client.post("/v1/suppliers", json=NEW)):
            check(answer, 503, "unavailable")
            assert answer.headers["retry-after"] == "1"
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unready")
        assert (await client.get("/livez")).status_code == 200


async def test_too_large_a_body_is_refused_whether_announced_or_not(stage: Stage) -> None:
    async def chunks(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 65536 + 1):
            yield b" " * 65536

    async with stage.machine("registry") as client:
        json_type = {"Content-Type": "application/json"}
        announced = await client.post("/v1/suppliers", content=b" " * (LARGEST_BODY + 1), headers=json_type)
        check(announced, 413, "too-large")
        check(await client.post("/v1/suppliers", content=chunks(LARGEST_BODY), headers=json_type), 413, "too-large")
        csv = {"Content-Type": "text/csv"}
        file = await client.post("/v1/imports/suppliers", content=b"x" * (LARGEST_IMPORT + 1), headers=csv)
        check(file, 413, "too-large")
        endless = b"code,name\n" + b"S1,One\n" * (LARGEST_BODY // 7)

        async def file_chunks() -> AsyncIterator[bytes]:
            for _ in range(LARGEST_IMPORT // len(endless) + 1):
                yield endless

        check(await client.post("/v1/imports/suppliers", content=file_chunks(), headers=csv), 413, "too-large")
    assert await stage.psql("registry", "SELECT 1 FROM import_chunk") == []
