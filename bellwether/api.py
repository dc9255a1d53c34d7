"""The REST API as a client uses it: tokens, retries while a service is being healed, waiting for work."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from bellwether.errors import OperationFailed

HEALING_SECONDS = 90.0
RETRY_SECONDS = 0.5
POLL_SECONDS = 0.2
TOKEN_MARGIN_SECONDS = 30.0
AWAY = frozenset({502, 503, 504})
TIMEOUT = httpx.Timeout(60.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who is calling, and where their tokens come from."""

    token_url: str
    client_id: str
    client_secret: str


class Addresses(Protocol):
    """Where the services are."""

    def url(self, name: str) -> str:
        """The address of a service."""
        ...


class Api:
    """Calls to the four services as one client or one person."""

    def __init__(
        self,
        addresses: Addresses,
        credentials: Credentials,
        transport: httpx.BaseTransport | None = None,
        patience: float = HEALING_SECONDS,
    ) -> None:
        """`credentials` are exchanged for a token when one is needed; `transport` replaces the network in tests.

        A service that is away is asked again for `patience` seconds.
        """
        self._patience = patience
        self._addresses = addresses
        self._credentials = credentials
        self._client = httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False)
        self._token = ""
        self._expires_at = 0.0

    def get(self, service: str, path: str, **query: str | int) -> Any:
        """The JSON of a resource; OperationFailed for any other answer than success."""
        return self.call("GET", service, path, params=query).json()

    def post(self, service: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Create something, or start some work."""
        return self.call("POST", service, path, json=body, **options)

    def items(self, service: str, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Everything in a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(service, path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def call(self, method: str, service: str, path: str, **options: Any) -> httpx.Response:
        """One request, repeated while the service is away; a POST carries a key, so that it takes effect once."""
        headers = dict(options.pop("headers", {}))
        if method == "POST":
            headers.setdefault("Idempotency-Key", secrets.token_hex(16))
        url = f"{self._addresses.url(service)}{path}"
        answer = self._persist(
            lambda: self._client.request(
                method, url, headers={**headers, "Authorization": f"Bearer {self._bearer()}"}, **options
            )
        )
        if not answer.is_success:
            raise OperationFailed(f"{method} {url} was answered with {answer.status_code}:\n{_reason(answer)}")
        return answer

    def change(self, service: str, path: str, step: str, body: Any = None) -> httpx.Response:
        """POST a step of a resource (publish, approve ...) on the version that it has now."""
        current = self.call("GET", service, path)
        return self.post(service, f"{path}/{step}", body, headers={"If-Match": current.headers["ETag"]})

    def finished(self, service: str, accepted: httpx.Response, running: frozenset[str], seconds: float) -> Any:
        """Wait for the work behind a 202: the resource at its `Location`, once its status is none of `running`."""
        location = httpx.URL(self._addresses.url(service)).join(accepted.headers["Location"]).raw_path.decode("ascii")
        deadline = time.monotonic() + seconds
        while True:
            state = self.get(service, location)
            if state["status"] not in running:
                return state
            if time.monotonic() > deadline:
                raise OperationFailed(f"{location} of {service} is still {state['status']} after {seconds:.0f} s.")
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def works(self) -> bool:
        """Whether the credentials are known to their issuer."""
        try:
            self._bearer()
        except OperationFailed:
            return False
        return True

    def _bearer(self) -> str:
        if time.monotonic() >= self._expires_at:
            known = self._credentials
            answer = self._persist(
                lambda: self._client.post(
                    known.token_url,
                    data={"grant_type": "client_credentials"},
                    auth=(known.client_id, known.client_secret),
                )
            )
            if not answer.is_success:
                raise OperationFailed(f"No token from {known.token_url} ({answer.status_code}):\n{_reason(answer)}")
            granted = answer.json()
            self._token = granted["access_token"]
            self._expires_at = time.monotonic() + granted["expires_in"] - TOKEN_MARGIN_SECONDS
        return self._token

    def _persist(self, request: Any) -> httpx.Response:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                answer: httpx.Response = request()
                if answer.status_code not in AWAY or time.monotonic() > deadline:
                    return answer
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise OperationFailed(f"No answer from {error.request.url}: {error}") from error
            time.sleep(RETRY_SECONDS)


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:500]
    lines = [str(problem.get("detail") or problem.get("error_description") or problem)]
    lines += [f"  {error.get('pointer', '')}: {error.get('detail', '')}" for error in problem.get("errors") or []]
    return "\n".join(lines)
