"""A client as ours should be: it asks again, under the same key, until it is answered."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from bellwether.api import Credentials
from local.environment import Addresses

PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 0.2
AWAY = (502, 503, 504)
SERVER_ERROR = 500
TOKEN_SECONDS = 200.0
IN_USE = "idempotency-key-in-use"


@dataclass
class Tally:
    """What the clients of a run went through."""

    requests: int = 0
    answered: int = 0
    unanswered: int = 0
    server_errors: list[str] = field(default_factory=list)


class NotAnswered(AssertionError):
    """Nobody answered, however often it was asked."""


class Client:
    """One client of the four services, or one person."""

    def __init__(self, addresses: Addresses, credentials: Credentials, tally: Tally) -> None:
        self._addresses, self._credentials, self.tally = addresses, credentials, tally
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(20.0, connect=5.0), trust_env=False)
        self._token, self._token_until = "", 0.0

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, service: str, path: str, **query: Any) -> Any:
        answer = await self.call("GET", service, path, params=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    async def items(self, service: str, path: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = await self.get(service, path, **{"limit": 200, **query}, **({"cursor": cursor} if cursor else {}))
            found += page["items"]
            if (cursor := page["next_cursor"]) is None:
                return found

    async def made(self, service: str, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """What a POST made, or led to."""
        answer = await self.call("POST", service, path, json=body, headers=headers)
        assert answer.is_success, (path, answer.status_code, answer.text)
        result: dict[str, Any] = answer.json()
        return result

    async def call(self, method: str, service: str, path: str, **options: Any) -> httpx.Response:
        """The answer to a request that is repeated while nobody answers, or says that it cannot for the moment."""
        headers = dict(options.pop("headers", None) or {})
        if method == "POST":
            headers.setdefault("Idempotency-Key", uuid4().hex)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            headers["Authorization"] = f"Bearer {await self._bearer()}"
            answer = await self._ask(method, f"{self._addresses.url(service)}{path}", headers=headers, **options)
            if answer is not None and answer.status_code not in AWAY and not _is_at_work(answer):
                return answer
            if time.monotonic() > deadline:
                raise NotAnswered(f"{method} {service}{path}: {answer and answer.text}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, method: str, service: str, path: str, **options: Any) -> httpx.Response | None:
        """The answer to a request that is sent once; None where none comes."""
        headers = {**(options.pop("headers", None) or {}), "Authorization": f"Bearer {await self._bearer()}"}
        return await self._ask(method, f"{self._addresses.url(service)}{path}", headers=headers, **options)

    async def _ask(self, method: str, url: str, **options: Any) -> httpx.Response | None:
        self.tally.requests += 1
        try:
            answer = await self._http.request(method, url, **options)
        except httpx.TransportError:
            self.tally.unanswered += 1
            return None
        self.tally.answered += 1
        if answer.status_code == SERVER_ERROR:
            self.tally.server_errors.append(f"{method} {url}: {answer.text}")
        return answer

    async def _bearer(self) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() > self._token_until:
            known = self._credentials
            answer = await self._ask(
                "POST",
                known.token_url,
                data={"grant_type": "client_credentials"},
                auth=(known.client_id, known.client_secret),
            )
            if answer is not None and answer.is_success:
                self._token, self._token_until = answer.json()["access_token"], time.monotonic() + TOKEN_SECONDS
            elif time.monotonic() > deadline:
                raise NotAnswered(f"no token: {answer and answer.text}")
            else:
                await asyncio.sleep(PAUSE_SECONDS)
        return self._token


def _is_at_work(answer: httpx.Response) -> bool:
    """Whether the first of two requests with one key has not ended yet."""
    return answer.status_code == 409 and answer.json().get("code") == IN_USE
