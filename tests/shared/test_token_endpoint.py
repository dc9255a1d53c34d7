"""How API clients get their tokens, change their secrets and lose their rights."""

import base64
from typing import Any

import httpx
import pytest

from tests.stage import Stage

GRANT = {"grant_type": "client_credentials"}


async def make_client(stage: Stage, *scopes: str) -> dict[str, Any]:
    async with stage.machine("registry") as admin:
        answer = await admin.post("/v1/clients", json={"name": "ERP", "scopes": list(scopes)})
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        made: dict[str, Any] = answer.json()
    return made


async def ask(stage: Stage, client_id: str, secret: str, **form: str) -> httpx.Response:
    async with stage.caller("registry") as client:
        data = {**GRANT, "client_id": client_id, "client_secret": secret, **form}
        return await client.post("/oauth2/token", data=data)


async def test_a_token_is_given_for_basic_and_for_a_form_and_works_everywhere(stage: Stage) -> None:
    made = await make_client(stage, "registry:read", "feed:read")
    basic = base64.b64encode(f"{made['client_id']}:{made['client_secret']}".encode()).decode()
    async with stage.caller("registry") as client:
        answer = await client.post("/oauth2/token", data=GRANT, headers={"Authorization": f"Basic {basic}"})
    in_form = await ask(stage, made["client_id"], made["client_secret"])
    assert (answer.status_code, in_form.status_code) == (200, 200)
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, "feed:read registry:read")
    assert answer.headers["cache-control"] == "no-store"
    async with (
        stage.caller("registry", body["access_token"]) as one,
        stage.caller("audit", body["access_token"]) as two,
    ):
        assert (await one.get("/v1/suppliers")).status_code == 200
        assert (await two.get("/v1/feed")).status_code == 200
        assert (await two.get("/v1/findings")).status_code == 403


async def test_fewer_scopes_can_be_asked_for_but_no_others(stage: Stage) -> None:
    made = await make_client(stage, "registry:read", "feed:read")
    fewer = await ask(stage, made["client_id"], made["client_secret"], scope="feed:read")
    more = await ask(stage, made["client_id"], made["client_secret"], scope="feed:read admin")
    assert (fewer.status_code, fewer.json()["scope"]) == (200, "feed:read")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")
    admin = await make_client(stage, "admin")
    one = await ask(stage, admin["client_id"], admin["client_secret"], scope="scoring:read")
    invented = await ask(stage, admin["client_id"], admin["client_secret"], scope="moon:read")
    assert (one.json()["scope"], invented.json()["error"]) == ("scoring:read", "invalid_scope")


@pytest.mark.parametrize("wrong", ["id", "secret", "no uuid", "empty", "nul"])
async def test_a_wrong_id_or_secret_gets_nothing(stage: Stage, wrong: str) -> None:
    made = await make_client(stage, "feed:read")
    ids = {"id": "00000000-0000-7000-8000-000000000000", "no uuid": "erp", "empty": "", "nul": "\x00"}
    answer = await ask(stage, ids.get(wrong, made["client_id"]), "guess" if wrong == "secret" else "x")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"] == "Basic"


async def test_what_is_no_token_request_is_refused(stage: Stage) -> None:
    async with stage.caller("registry") as client:
        password = await client.post("/oauth2/token", data={"grant_type": "password"})
        broken = await client.post("/oauth2/token", data=GRANT, headers={"Authorization": "Basic !"})
    assert (password.status_code, password.json()["error"]) == (400, "unsupported_grant_type")
    assert (broken.status_code, broken.json()["error"]) == (401, "invalid_client")


async def test_a_revoked_client_gets_no_new_token(stage: Stage) -> None:
    made = await make_client(stage, "feed:read")
    async with stage.machine("registry") as admin:
        url = f"/v1/clients/{made['client_id']}"
        assert (await admin.post(f"{url}/revoke")).json()["revoked_at"] is not None
        assert (await admin.post(f"{url}/revoke")).status_code == 200
        assert (await admin.post(f"{url}/rotate")).status_code == 409
    assert (await ask(stage, made["client_id"], made["client_secret"])).status_code == 401


async def test_a_rotated_secret_works_for_one_more_day(stage: Stage) -> None:
    made = await make_client(stage, "feed:read")
    async with stage.machine("registry") as admin:
        new = (await admin.post(f"/v1/clients/{made['client_id']}/rotate")).json()["client_secret"]
    old = made["client_secret"]
    assert [(await ask(stage, made["client_id"], secret)).status_code for secret in (old, new)] == [200, 200]
    left = await stage.psql("registry", "SELECT previous_valid_until - now() AS left FROM api_client")
    assert 23.9 * 3600 < left[0]["left"].total_seconds() <= 24 * 3600
    await stage.psql("registry", "UPDATE api_client SET previous_valid_until = now()")
    assert [(await ask(stage, made["client_id"], secret)).status_code for secret in (old, new)] == [401, 200]


async def test_secrets_are_stored_nowhere(stage: Stage) -> None:
    made = await make_client(stage, "feed:read")
    async with stage.machine("registry") as admin:
        listed = await admin.get("/v1/clients")
        feed = await admin.get("/v1/feed")
        log = await admin.get("/v1/audit-log")
    for answer in (listed, feed, log):
        assert answer.status_code == 200
        assert made["client_secret"] not in answer.text
        assert "secret" not in answer.text


async def test_a_client_bound_to_a_supplier_can_be_given_only_what_suppliers_may(stage: Stage) -> None:
    async with stage.machine("registry") as admin:
        supplier = (await admin.post("/v1/suppliers", json={"code": "S1", "name": "One"})).json()
        body = {"name": "S1", "supplier_id": supplier["id"], "scopes": ["scoring:read", "registry:read"]}
        assert (await admin.post("/v1/clients", json=body)).status_code == 422
        body["scopes"] = ["scoring:read"]
        assert (await admin.post("/v1/clients", json=body)).status_code == 201
        body["supplier_id"] = "00000000-0000-7000-8000-000000000000"
        assert (await admin.post("/v1/clients", json=body)).status_code == 404
