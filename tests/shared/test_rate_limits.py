"""How often somebody may ask, on a real Valkey: what is refused, what is told, and what never is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import httpx
import pytest

from services.registry import main as registry
from shared.ids import new_id
from shared.web.rate_limits import Limiter
from tests.stage import Stage

GRANT = {"grant_type": "client_credentials"}


@asynccontextmanager
async def limited(stage: Stage, **settings: Any) -> AsyncIterator[None]:
    """The stage's registry, with limits."""
    app = registry.create_app(stage.settings("registry", **settings), transport=stage.transport)
    unlimited = stage.transport.applications["registry"]
    async with app.router.lifespan_context(app):
        stage.transport.applications["registry"] = httpx.ASGITransport(app, client=(str(new_id()), 1))
        try:
            yield
        finally:
            stage.transport.applications["registry"] = unlimited


async def statuses(client: httpx.AsyncClient, url: str, times: int) -> list[int]:
    return [(await client.get(url)).status_code for _ in range(times)]


async def test_what_is_left_is_told_and_what_is_too_much_is_refused_with_when_to_come_again(stage: Stage) -> None:
    async with limited(stage, rate_limit_requests=3), stage.machine("registry") as client:
        first = await client.get("/v1/suppliers")
        assert first.headers["ratelimit-policy"] == '"default";q=3;w=60'
        name, left, seconds = first.headers["ratelimit"].split(";")
        assert (name, left) == ('"default"', "r=2")
        assert 1 <= int(seconds.removeprefix("t=")) <= 60
        assert await statuses(client, "/v1/suppliers", 3) == [200, 200, 429]
        refused = await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"].startswith('"default";r=0;t=')
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["x-request-id"] == refused.json()["request_id"]
    problem = refused.json()
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert (problem["status"], problem["violated-policies"]) == (429, ["default"])
    assert await stage.psql("registry", "SELECT id FROM supplier") == []


async def test_each_caller_has_a_quota_of_its_own_and_people_have_one_too(stage: Stage) -> None:
    async with (
        limited(stage, rate_limit_requests=2),
        stage.machine("registry") as one,
        stage.machine("registry") as other,
        stage.person("registry", f"ann-{new_id()}") as ann,
    ):
        assert await statuses(one, "/v1/suppliers", 3) == [200, 200, 429]
        assert await statuses(other, "/v1/suppliers", 2) == [200, 200]
        assert await statuses(ann, "/v1/suppliers", 3) == [200, 200, 429]


async def test_files_are_counted_apart_from_other_requests(stage: Stage) -> None:
    async with limited(stage, rate_limit_requests=5, rate_limit_imports=1), stage.machine("registry") as client:
        headers, rows = {"Content-Type": "text/csv"}, "code,name\nS1,One\n"
        posted = [await client.post("/v1/imports/suppliers", content=rows, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in posted] == [202, 429]
        assert posted[1].json()["violated-policies"] == ["imports"]
        assert posted[0].headers["ratelimit-policy"] == '"imports";q=1;w=60'
        assert (await client.get(posted[0].headers["location"])).status_code == 200


async def test_feeds_health_and_the_services_themselves_are_not_limited(stage: Stage) -> None:
    token = stage.resources("audit").service_tokens.token_for("registry")
    async with (
        limited(stage, rate_limit_requests=1),
        stage.machine("registry") as client,
        stage.caller("registry", token) as service,
        stage.caller("registry") as nobody,
    ):
        for _ in range(4):
            feed = await client.get("/v1/feed")
            assert (feed.status_code, feed.headers.get("ratelimit")) == (200, None)
            assert (await service.get("/v1/suppliers")).status_code == 200
            assert (await nobody.get("/livez")).status_code == 200
            assert (await nobody.get("/v1/suppliers")).status_code == 401
        assert await statuses(client, "/v1/suppliers", 2) == [200, 429]


async def test_many_at_once_get_exactly_what_there_is(stage: Stage) -> None:
    async with limited(stage, rate_limit_requests=10), stage.machine("registry") as client:
        answers = await asyncio.gather(*(client.get("/v1/suppliers") for _ in range(25)))
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [429] * 15


async def ask(stage: Stage, client_id: str, secret: str) -> httpx.Response:
    async with stage.caller("registry") as client:
        return await client.post("/oauth2/token", data=GRANT, auth=(client_id, secret))


async def create(stage: Stage) -> tuple[str, str]:
    async with stage.machine("registry") as admin:
        made = (await admin.post("/v1/clients", json={"name": "ERP", "scopes": ["feed:read"]})).json()
    return made["client_id"], made["client_secret"]


async def test_guessing_a_secret_is_slowed_and_does_not_lock_its_client_out_elsewhere(stage: Stage) -> None:
    client_id, secret = await create(stage)
    async with limited(stage, rate_limit_tokens=5):
        guesses = [await ask(stage, client_id, f"guess-{n}") for n in range(8)]
        assert [answer.status_code for answer in guesses] == [401] * 5 + [429] * 3
        assert guesses[-1].json()["violated-policies"] == ["tokens"]
        assert int(guesses[-1].headers["retry-after"]) >= 1
        # Not even the right one from there: or whoever guesses would know that it was right.
        assert (await ask(stage, client_id, secret)).status_code == 429
    async with limited(stage, rate_limit_tokens=5):  # another address
        assert (await ask(stage, client_id, secret)).status_code == 200


async def test_trying_many_ids_from_one_address_is_slowed_too_and_right_secrets_are_never_counted(stage: Stage) -> None:
    client_id, secret = await create(stage)
    async with limited(stage, rate_limit_wrong_secrets=4):
        assert [(await ask(stage, client_id, secret)).status_code for _ in range(6)] == [200] * 6
        tried = [(await ask(stage, str(new_id()), "x")).status_code for _ in range(6)]
        assert tried == [401] * 4 + [429] * 2


@pytest.mark.parametrize("answering", ["nobody", "one who says nothing"])
async def test_without_redis_nothing_is_limited_and_only_the_first_request_notices(
    stage: Stage, answering: str
) -> None:
    asked = 0

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    if answering == "nobody":
        server.close()
        await server.wait_closed()
    async with (
        limited(stage, rate_limit_requests=1, redis_url=f"redis://127.0.0.1:{port}/0"),
        stage.machine("registry") as client,
    ):
        begun = monotonic()
        assert await statuses(client, "/v1/suppliers", 5) == [200] * 5
        assert monotonic() - begun < 5
    assert asked <= 1
    server.close()


async def test_once_redis_is_back_it_counts_again(stage: Stage) -> None:
    settings = stage.settings("registry", rate_limit_requests=1)
    away = Limiter(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    assert await away.count(away.requests, "m") is None
    await away.close()
    back = Limiter(settings)
    back._paused_until = monotonic() + 100
    whose = str(new_id())
    assert await back.count(back.requests, whose) is None
    back._paused_until = monotonic()
    standing = await back.count(back.requests, whose)
    assert standing is not None
    assert (standing.left, standing.policy.quota) == (0, 1)
    await back.close()
