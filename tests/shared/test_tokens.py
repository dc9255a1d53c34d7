"""Who gets in: tokens of API clients, of people and of the services themselves."""

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey, RSAKey

from services.engagement import main as engagement
from shared import http
from shared.auth import keys, tokens
from shared.errors import Unavailable
from shared.ids import new_id
from shared.web.resources import TOKEN_ISSUER
from tests.stage import PEOPLE, Stage


def claims_of_client(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": TOKEN_ISSUER, "aud": "bellwether", "sub": "m", "client_id": "m", "scope": "registry:read"}
    claims |= {"iat": now, "nbf": now, "exp": now + 300, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def signed(key: OKPKey, claims: dict[str, Any], kid: str | None = None) -> str:
    return jwt.encode({"alg": "Ed25519", "kid": kid or key.kid}, claims, key, algorithms=["Ed25519"])


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def status_with(stage: Stage, token: str | None, service: str = "registry", path: str = "/v1/suppliers") -> int:
    async with stage.caller(service, token) as client:
        answer = await client.get(path)
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


async def test_a_good_token_of_a_client_gets_in(stage: Stage) -> None:
    assert await status_with(stage, signed(stage.token_key, claims_of_client())) == 200


@pytest.mark.parametrize("token", [None, "garbage", "a.b.c", "ünïcode", "e30.e30.", "x" * 5000])
async def test_what_is_no_token_does_not(stage: Stage, token: str | None) -> None:
    async with stage.caller("registry") as client:
        headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
        assert (await client.get("/v1/suppliers", headers=headers)).status_code == 401
        assert (await client.get("/v1/suppliers", headers={"Authorization": "Basic eDp5"})).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"nbf": int(time.time()) + 3600},
        {"iss": "somebody"},
        {"iss": None},
        {"iss": ["bellwether"]},
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"scope": None},
        {"scope": 7},
        {"supplier_id": "S1"},
    ],
)
async def test_a_token_with_a_wrong_claim_does_not(stage: Stage, changes: dict[str, Any]) -> None:
    assert await status_with(stage, signed(stage.token_key, claims_of_client(**changes))) == 401


async def test_no_algorithm_but_ours_is_accepted(stage: Stage) -> None:
    claims = claims_of_client()
    none = f"{part({'alg': 'none', 'kid': stage.token_key.kid})}.{part(claims)}."
    assert await status_with(stage, none) == 401
    # Built by hand: the library itself refuses to use a public key as a shared secret.
    begun = f"{part({'alg': 'HS256', 'kid': stage.token_key.kid})}.{part(claims)}"
    for public in (stage.token_key.as_pem(private=False), stage.token_key.as_der(private=False)):
        mac = hmac.digest(public, begun.encode(), "sha256")
        confused = f"{begun}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
        assert await status_with(stage, confused) == 401
    rsa = RSAKey.generate_key(2048)
    assert await status_with(stage, jwt.encode({"alg": "RS256", "kid": stage.token_key.kid}, claims, rsa)) == 401


async def test_a_token_of_another_key_or_an_unknown_key_id_does_not(stage: Stage) -> None:
    stranger = keys.with_key_id(OKPKey.generate_key("Ed25519"))
    assert await status_with(stage, signed(stranger, claims_of_client())) == 401
    assert await status_with(stage, signed(stranger, claims_of_client(), kid=str(stage.token_key.kid))) == 401
    tampered = signed(stage.token_key, claims_of_client()).split(".")
    tampered[1] = part(claims_of_client(scope="admin"))
    assert await status_with(stage, ".".join(tampered)) == 401


async def test_a_service_is_let_in_by_its_own_token_to_read_and_only_at_its_callee(stage: Stage) -> None:
    token = stage.resources("audit").service_tokens.token_for("registry")
    assert await status_with(stage, token) == 200
    assert await status_with(stage, token, "engagement", "/v1/feed") == 401
    async with stage.caller("registry", token) as client:
        assert (await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})).status_code == 403
        assert (await client.get("/v1/clients")).status_code == 403


async def test_a_service_cannot_give_itself_more_nor_speak_for_another(stage: Stage) -> None:
    key = keys.load_private_key(stage.folder / "audit.pem")
    greedy = {"iss": "bellwether:audit", "sub": "bellwether:audit", "aud": "registry", "scope": "admin registry:write"}
    async with stage.caller("registry", tokens.sign(key, greedy, seconds=60)) as client:
        assert (await client.get("/v1/suppliers")).status_code == 403
    for iss in ("bellwether:scoring", TOKEN_ISSUER, PEOPLE):
        claims = {**claims_of_client(iss=iss), "aud": ["registry", "bellwether"]}
        assert await status_with(stage, signed(key, claims)) == 401


async def test_a_person_has_the_scopes_of_their_roles(stage: Stage) -> None:
    async with stage.person("registry", "ann") as manager, stage.person("audit", "bo", ["auditor"]) as auditor:
        assert (await manager.post("/v1/suppliers", json={"code": "S1", "name": "One"})).status_code == 201
        assert (await auditor.get("/v1/findings")).status_code == 200
        assert (await auditor.get("/v1/feed")).status_code == 403
    async with stage.person("registry", "cy", ["gardener"]) as nobody:
        assert (await nobody.get("/v1/suppliers")).status_code == 403
    author = await stage.psql("registry", "SELECT sub, client_id FROM audit_log")
    assert [tuple(row) for row in author] == [(f"{PEOPLE}|ann", None)]


class Issuer:
    """An issuer's key endpoint, which can be away, slow or broken."""

    def __init__(self) -> None:
        self.keys = [keys.with_key_id(OKPKey.generate_key("Ed25519"))]
        self.asked = 0
        self.answer = ""

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0.01)
        if self.answer == "away":
            raise httpx.ConnectError("away", request=request)
        if self.answer:
            return httpx.Response(200, text=self.answer)
        return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys]})

    @property
    def kid(self) -> str:
        return str(self.keys[-1].kid)


def keys_of(issuer: Issuer) -> keys.IssuerKeys:
    client = http.Client(httpx.MockTransport(issuer.handle))
    return keys.IssuerKeys(client, "issuer", "http://issuer/jwks")


def let_time_pass(held: keys.IssuerKeys) -> None:
    held._fetched_at -= 1000
    held._tried_at -= 1000


async def test_first_requests_that_come_together_wait_for_one_look_at_the_keys() -> None:
    issuer = Issuer()
    held = keys_of(issuer)
    found = await asyncio.gather(*(held.find(issuer.kid) for _ in range(10)))
    assert all(key is not None for key in found)
    assert issuer.asked == 1


@pytest.mark.parametrize("answer", ["away", "<html>", "{}", '{"keys": [{"kty": "new"}]}'])
async def test_keys_once_held_serve_on_while_their_issuer_is_away_or_talks_nonsense(answer: str) -> None:
    issuer = Issuer()
    held = keys_of(issuer)
    await held.find(issuer.kid)
    issuer.answer = answer
    let_time_pass(held)
    assert await held.find(issuer.kid) is not None
    assert await held.find("unknown") is None


@pytest.mark.parametrize("answer", ["away", "<html>"])
async def test_without_any_key_the_answer_is_try_again_until_the_issuer_is_back(answer: str) -> None:
    issuer = Issuer()
    held = keys_of(issuer)
    issuer.answer = answer
    with pytest.raises(Unavailable):
        await held.find(issuer.kid)
    issuer.answer = ""
    assert await held.find(issuer.kid) is not None


async def test_a_rotated_key_is_fetched_when_first_seen_and_strangers_do_not_make_us_ask_each_time() -> None:
    issuer = Issuer()
    held = keys_of(issuer)
    await held.find(issuer.kid)
    asked = issuer.asked
    for _ in range(5):
        assert await held.find(str(new_id())) is None
    assert issuer.asked == asked
    issuer.keys.append(keys.with_key_id(OKPKey.generate_key("Ed25519")))
    held._tried_at -= 10
    assert await held.find(issuer.kid) is not None


async def test_while_the_registry_is_away_a_service_that_never_saw_its_keys_answers_503(stage: Stage) -> None:
    settings = stage.settings("engagement", registry_url="http://nowhere")
    app = engagement.create_app(settings, transport=stage.transport)
    token = signed(stage.token_key, claims_of_client(scope="feed:read"))
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://e", headers=headers) as client,
    ):
        answer = await client.get("/v1/feed")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
