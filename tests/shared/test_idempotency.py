"""Idempotency keys: a repeated POST gives the first answer and has no second effect."""

import asyncio

import asyncpg

from shared.housekeeping import Housekeeping
from tests.stage import Stage, url_of_role

NEW = {"code": "S1", "name": "One"}
KEY = {"Idempotency-Key": "order-1"}


async def test_the_answer_is_given_again_byte_for_byte_with_its_status_and_headers(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        first = await client.post("/v1/suppliers", json=NEW, headers=KEY)
        again = await client.post("/v1/suppliers", json=NEW, headers={"Idempotency-Key": '"order-1"'})
    assert (again.status_code, again.content) == (201, first.content)
    assert {name: again.headers[name] for name in ("location", "etag", "content-type")} == {
        name: first.headers[name] for name in ("location", "etag", "content-type")
    }
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_key_belongs_to_one_request_of_one_caller(stage: Stage) -> None:
    async with stage.machine("registry") as client, stage.machine("registry") as another:
        await client.post("/v1/suppliers", json=NEW, headers=KEY)
        other_body = await client.post("/v1/suppliers", json={**NEW, "code": "S2"}, headers=KEY)
        other_path = await client.post("/v1/suppliers?again=yes", json=NEW, headers=KEY)
        theirs = await another.post("/v1/suppliers", json={**NEW, "code": "S2"}, headers=KEY)
    assert (other_body.status_code, other_body.json()["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")
    assert (other_path.status_code, other_path.json()["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")
    assert theirs.status_code == 201


async def test_two_at_once_make_one_thing_and_get_one_answer(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        answers = await asyncio.gather(*(client.post("/v1/suppliers", json=NEW, headers=KEY) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await stage.psql("registry", "SELECT 1 FROM feed_event")) == 1


async def test_a_running_key_is_waited_for_and_then_in_use(stage: Stage) -> None:
    loop = asyncio.get_running_loop()
    async with stage.machine("registry") as client:
        await client.post("/v1/suppliers", json=NEW)
        sub = (await stage.psql("registry", "SELECT sub FROM audit_log"))[0]["sub"]
        other = await asyncpg.connect(
            url_of_role(stage.servers.admin_url, "registry"), server_settings={"search_path": "registry"}
        )
        async with other.transaction():
            await other.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || $1 || ' order-1', 0))", sub
            )
            started = loop.time()
            answer = await client.post("/v1/suppliers", json={**NEW, "code": "S2"}, headers=KEY)
            waited = loop.time() - started
        await other.close()
        after = await client.post("/v1/suppliers", json={**NEW, "code": "S2"}, headers=KEY)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "idempotency-key-in-use")
    assert 4.5 < waited < 8
    assert after.status_code == 201


async def test_only_success_is_kept(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        assert (await client.post("/v1/suppliers", json={"code": "S1"}, headers=KEY)).status_code == 422
        assert (await client.post("/v1/suppliers", json=NEW, headers=KEY)).status_code == 201


async def test_an_unusable_key_is_refused(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        for key in ("", '""', "k" * 256):
            answer = await client.post("/v1/suppliers", json=NEW, headers={"Idempotency-Key": key})
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "idempotency-key-invalid")


async def test_keys_are_kept_for_72_hours(stage: Stage) -> None:
    database = stage.resources("registry").database
    async with stage.machine("registry") as client:
        for n in (1, 2):
            key = {"Idempotency-Key": f"k{n}"}
            await client.post("/v1/suppliers", json={**NEW, "code": f"S{n}"}, headers=key)
    await stage.psql("registry", "UPDATE idempotency_key SET created_at = now() - interval '71 hours' WHERE key = 'k1'")
    await stage.psql("registry", "UPDATE idempotency_key SET created_at = now() - interval '73 hours' WHERE key = 'k2'")
    await Housekeeping(database).tidy()
    assert [row["key"] for row in await stage.psql("registry", "SELECT key FROM idempotency_key")] == ["k1"]


async def test_a_secret_is_not_kept_for_a_repeated_request_and_no_second_one_is_made(stage: Stage) -> None:
    body = {"name": "ERP", "scopes": ["feed:read"]}
    async with stage.machine("registry") as client:
        first = await client.post("/v1/clients", json=body, headers=KEY)
        again = await client.post("/v1/clients", json=body, headers=KEY)
    held = await stage.psql("registry", "SELECT body FROM idempotency_key")
    assert first.json()["client_secret"].encode() not in held[0]["body"]
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "answer-not-kept")
    assert len(await stage.psql("registry", "SELECT 1 FROM api_client")) == 1
