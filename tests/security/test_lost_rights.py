"""A client that is revoked: no new token at once, and its last one dies within five minutes."""

import base64
import json
import time
from dataclasses import replace

import pytest

from shared.auth import tokens
from shared.auth.tokens import CLIENT_TOKEN_SECONDS, LEEWAY_SECONDS, SERVICE_TOKEN_SECONDS
from tests.shared.test_token_endpoint import ask, make_client
from tests.stage import Stage
from tests.tried import Tried

FIVE_MINUTES = 300


def claims_of(token: str) -> dict[str, int]:
    part = token.split(".")[1]
    claims: dict[str, int] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


async def test_a_revoked_client_gets_no_token_and_its_last_one_is_dead_within_five_minutes(
    stage: Stage, tried: Tried
) -> None:
    made = await make_client(stage, "registry:read")
    last = (await ask(stage, made["client_id"], made["client_secret"])).json()["access_token"]
    rotated_away = made["client_secret"]
    async with stage.machine("registry") as admin:
        new = (await admin.post(f"/v1/clients/{made['client_id']}/rotate")).json()["client_secret"]
        assert (await admin.post(f"/v1/clients/{made['client_id']}/revoke")).status_code == 200
    for secret in (rotated_away, new):
        assert (await ask(stage, made["client_id"], secret)).status_code == 401
    claims = claims_of(last)
    assert claims["exp"] - claims["iat"] <= FIVE_MINUTES
    assert claims["exp"] <= time.time() + FIVE_MINUTES
    # The same token as it will be then, a second after its end: no leeway keeps it alive.
    dead = tokens.sign(stage.token_key, {**claims, "iss": "bellwether"}, seconds=-1)
    async with stage.caller("registry", dead) as client:
        assert (await client.get("/v1/suppliers")).status_code == 401
    tried("a revoked client", operations=2, requests=4, attacks=4)


async def test_a_token_that_is_remembered_is_not_taken_after_its_end(stage: Stage) -> None:
    claims = {"iss": "bellwether", "aud": tokens.AUDIENCE, "sub": "m", "client_id": "m", "scope": "registry:read"}
    token = tokens.sign(stage.token_key, claims, seconds=60)
    verified = stage.resources("registry").verifier._verified
    async with stage.caller("registry", token) as client:
        assert (await client.get("/v1/suppliers")).status_code == 200
        until, principal = verified[token]
        assert until == claims_of(token)["exp"]
        # As if the minute were over: it is looked at again, and what is remembered does not count.
        verified[token] = (time.time() - 1, replace(principal, scopes=frozenset()))
        assert (await client.get("/v1/suppliers")).status_code == 200


@pytest.mark.parametrize(("seconds", "most"), [(CLIENT_TOKEN_SECONDS, FIVE_MINUTES), (SERVICE_TOKEN_SECONDS, 60)])
def test_tokens_live_no_longer_than_is_promised(seconds: int, most: int) -> None:
    assert seconds <= most
    assert LEEWAY_SECONDS <= 60
