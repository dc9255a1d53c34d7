"""Every operation of every service against every token that must not get in, and the one that must.

The operations are read off what the services serve: a new route is attacked as soon as it is there.
"""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from migrations.histories import SERVICES
from shared.auth import keys, tokens
from shared.auth.principal import SCOPES
from shared.auth.tokens import LEEWAY_SECONDS, SERVICE_SCOPES
from shared.web.resources import TOKEN_ISSUER
from tests.security.operations import OPEN, Operation, guarded, operations
from tests.stage import PEOPLE, Stage
from tests.tried import Tried

AT_ONCE = 8
PROBLEMS = "https://bellwether.example/problems/"

READ_BUT_CHANGE = {
    "registry PUT /v1/suppliers/{supplier_id}/certificate-reminders/{source_id}": "engagement tells of a course",
    "audit PUT /v1/findings/{finding_id}/commitments/{commitment_id}": "engagement tells of a promise",
}
"""What a service may change at another one: services have reading scopes only, so these ask for one of them."""
QUESTIONS = {
    "registry POST /v1/suppliers/lookup": "a question too long for a URL",
    "registry POST /v1/contacts/lookup": "a question too long for a URL",
    "engagement POST /v1/newsletters/{newsletter_id}/preview": "renders, and keeps nothing",
    "scoring POST /v1/allocations/what-if": "computes, and keeps nothing",
}
"""POSTs that change nothing and so need a reading scope only."""
EITHER = {
    "audit POST /v1/findings/{finding_id}/evidence": "audit:write",
    "audit POST /v1/findings/{finding_id}/evidence/{file_id}/withdraw": "audit:write",
    "audit POST /v1/findings/{finding_id}/implement": "audit:write",
    "audit POST /v1/surveys/{survey_id}/responses/{supplier_id}/files": "audit:write",
    "audit POST /v1/surveys/{survey_id}/responses/{supplier_id}/files/{file_id}/withdraw": "audit:write",
}
"""What whoever records audits may do in a supplier's place, though it is named as what suppliers submit."""


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {"iss": TOKEN_ISSUER, "aud": tokens.AUDIENCE, "sub": "m", "client_id": "m", "scope": "admin"}
    given |= {"iat": now, "nbf": now, "exp": now + 300, **changes}
    return {name: value for name, value in given.items() if value is not None}


def signed(key: OKPKey, content: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "Ed25519", "kid": key.kid, **header}, content, key, algorithms=["Ed25519"])


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(kid: str | None, algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'kid': kid})}.{part(claims())}."


def mac_of_public_key(key: OKPKey, secret: bytes) -> str:
    begun = f"{part({'alg': 'HS256', 'kid': key.kid})}.{part(claims())}"
    mac = hmac.digest(secret, begun.encode(), "sha256")
    return f"{begun}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def without_key_id(key: OKPKey) -> str:
    return jwt.encode({"alg": "Ed25519"}, claims(), key, algorithms=["Ed25519"])


def tampered(key: OKPKey) -> str:
    begin, _, end = signed(key, claims(scope="feed:read")).split(".")
    return f"{begin}.{part(claims())}.{end}"


def forged_tokens(stage: Stage) -> dict[str, str | None]:
    """By the name of the attack: what claims to be an administrator and must not get in."""
    key, now = stage.token_key, int(time.time())
    stranger = keys.with_key_id(OKPKey.generate_key("Ed25519"))
    person = {"iss": PEOPLE, "sub": "ann", "roles": ["manager"], "client_id": None, "scope": None}
    return {
        "no token": None,
        "garbage": "garbage",
        "garbage in three parts": "a.b.c",
        "expired": signed(key, claims(exp=now - 1)),
        "never expires": signed(key, claims(exp=None)),
        "not yet valid": signed(key, claims(nbf=now + LEEWAY_SECONDS + 60)),
        "issued in the future": signed(key, claims(iat=now + 3600)),
        "wrong issuer": signed(key, claims(iss="https://elsewhere.example")),
        "no issuer": signed(key, claims(iss=None)),
        "wrong audience": signed(key, claims(aud="another")),
        "no audience": signed(key, claims(aud=None)),
        "alg none": unsigned(key.kid, "none"),
        "alg None": unsigned(key.kid, "None"),
        "HS256 with the public key (PEM)": mac_of_public_key(key, key.as_pem(private=False)),
        "HS256 with the public key (DER)": mac_of_public_key(key, key.as_der(private=False)),
        "unknown kid": signed(stranger, claims()),
        "somebody else's key under our kid": signed(stranger, claims(), kid=key.kid),
        "no kid": without_key_id(key),
        "tampered with": tampered(key),
        "a person by the clients' key": signed(key, claims(**person)),
        "a client by the people's issuer's key": signed(stage.people_key, claims()),
        "an expired person": signed(stage.people_key, claims(**person, exp=now - 3600)),
        "a service by a client's key": signed(key, claims(iss="bellwether:audit", aud=list(SERVICES))),
    }


async def each_answer(
    stage: Stage, asked: Iterable[tuple[Operation, str | None]]
) -> list[tuple[Operation, httpx.Response]]:
    """What each operation answers to each token; a body is sent where there has to be one."""
    gate = asyncio.Semaphore(AT_ONCE)
    clients = {service: stage.caller(service) for service in SERVICES}

    async def ask(operation: Operation, token: str | None) -> tuple[Operation, httpx.Response]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers["If-Match"] = '"1"'
        content = None
        if operation.media_types:
            headers["Content-Type"] = operation.media_types[0]
            content = b"{}"
        async with gate:
            url = operation.with_any_ids()
            return operation, await clients[operation.service].request(
                operation.method, url, headers=headers, content=content, params={"wait": 0}
            )

    try:
        return list(await asyncio.gather(*(ask(*one) for one in asked)))
    finally:
        for client in clients.values():
            await client.aclose()


def kind(answer: httpx.Response) -> str:
    """The problem's code; empty where it is none."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return ""
    return str(answer.json()["type"]).removeprefix(PROBLEMS)


def is_refused(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 401
        and answer.headers.get("www-authenticate", "").startswith("Bearer")
        and kind(answer) == "unauthenticated"
    )


def lacks_scope(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 403
        and answer.headers.get("www-authenticate", "") == 'Bearer error="insufficient_scope"'
        and kind(answer) == "insufficient-scope"
    )


async def test_nothing_is_open_but_a_closed_list(stage: Stage, tried: Tried) -> None:
    unguarded = {operation.name for operation in operations() if not operation.scopes}
    assert unguarded == set(OPEN)
    answers = await each_answer(stage, [(operation, None) for operation in guarded()])
    wrong = [(operation.id, int(answer.status_code)) for operation, answer in answers if not is_refused(answer)]
    count = len(answers)
    tried("no token: 401", operations=count, requests=count, attacks=count, failures=len(wrong))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("service", SERVICES)
async def test_no_forged_token_gets_in_anywhere(stage: Stage, tried: Tried, service: str) -> None:
    aimed_at = [operation for operation in guarded() if operation.service == service]
    wrong = []
    for attack, token in forged_tokens(stage).items():
        answers = await each_answer(stage, [(operation, token) for operation in aimed_at])
        failed = [(attack, to.id, int(answer.status_code)) for to, answer in answers if not is_refused(answer)]
        count = len(answers)
        tried(f"{attack}: 401", operations=count, requests=count, attacks=count, failures=len(failed))
        wrong += failed
    assert not wrong, "\n".join(map(str, wrong))


async def test_all_scopes_but_the_needed_one_are_not_enough_and_it_alone_is(stage: Stage, tried: Tried) -> None:
    def without(operation: Operation) -> str:
        scopes = SCOPES.keys() - {*operation.scopes, "admin", EITHER.get(operation.id)}
        return signed(stage.token_key, claims(scope=" ".join(scopes)))

    def with_only(operation: Operation) -> str:
        return signed(stage.token_key, claims(scope=" ".join(operation.scopes)))

    refused = await each_answer(stage, [(operation, without(operation)) for operation in guarded()])
    let_in = await each_answer(
        stage, [(operation, with_only(operation)) for operation in guarded() if operation.id not in READ_BUT_CHANGE]
    )
    wrong = [(operation.id, int(answer.status_code)) for operation, answer in refused if not lacks_scope(answer)]
    shut_out = [
        (operation.id, int(answer.status_code))
        for operation, answer in let_in
        if answer.status_code == 401 or lacks_scope(answer) or answer.status_code >= 500
    ]
    count = len(refused)
    tried("every scope but the needed one: 403", operations=count, requests=count, attacks=count, failures=len(wrong))
    tried("the needed scope alone gets past", operations=len(let_in), requests=len(let_in), failures=len(shut_out))
    assert not wrong, "\n".join(map(str, wrong))
    assert not shut_out, "\n".join(map(str, shut_out))


async def test_a_service_may_read_from_the_others_and_change_nothing(stage: Stage, tried: Tried) -> None:
    asked = []
    for peer in SERVICES:
        issued = stage.resources(peer).service_tokens
        asked += [
            (operation, issued.token_for(operation.service))
            for operation in guarded()
            if not SERVICE_SCOPES.intersection(operation.scopes)
        ]
    answers = await each_answer(stage, asked)
    wrong = [(operation.id, int(answer.status_code)) for operation, answer in answers if not lacks_scope(answer)]
    changing = {
        operation.id
        for operation in guarded()
        if operation.method != "GET" and SERVICE_SCOPES.intersection(operation.scopes)
    }
    tried(
        "a service's own token where it may only read: 403",
        operations=len(answers) // len(SERVICES),
        requests=len(answers),
        attacks=len(answers),
        failures=len(wrong),
    )
    assert not wrong, "\n".join(map(str, wrong))
    assert changing == READ_BUT_CHANGE.keys() | QUESTIONS.keys()


async def test_only_services_tell_what_asks_for_a_reading_scope(stage: Stage, tried: Tried) -> None:
    told = [operation for operation in guarded() if operation.id in READ_BUT_CHANGE]
    bodies = {
        "registry": {"standard": "ISO 14001", "reason": "A course", "due_on": "2026-07-06"},
        "audit": {"what": "Plan shifts", "due_on": "2026-07-06", "meeting": "MTG-1", "made_on": "2026-05-01"},
    }
    wrong = []
    for operation in told:
        for scopes in (operation.scopes[0], " ".join(SCOPES.keys() - {"admin", "registry:write", "audit:write"})):
            async with stage.caller(operation.service, signed(stage.token_key, claims(scope=scopes))) as client:
                answer = await client.put(operation.with_any_ids(), json=bodies[operation.service])
            if answer.is_success:
                wrong.append((operation.id, answer.status_code))
    tried("a client in a service's place", operations=len(told), requests=2 * len(told), attacks=2 * len(told))
    assert not wrong, "\n".join(map(str, wrong))


async def test_each_service_accepts_only_what_is_addressed_to_it(stage: Stage, tried: Tried) -> None:
    asked = [
        (operation, stage.resources("engagement").service_tokens.token_for(addressed))
        for operation in guarded()
        for addressed in SERVICES
        if addressed != operation.service
    ]
    answers = await each_answer(stage, asked)
    wrong = [(operation.id, int(answer.status_code)) for operation, answer in answers if not is_refused(answer)]
    tried(
        "a service's token for another service: 401",
        operations=len(guarded()),
        requests=len(answers),
        attacks=len(answers),
        failures=len(wrong),
    )
    assert not wrong, "\n".join(map(str, wrong))
