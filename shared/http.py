"""HTTP to other services, in one place: time limits, size limits, retries of what may be retried, no redirects."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import stamina

from shared import tracing
from shared.outbound import PLAIN, Outbound
from shared.reading_json import read_json

TIMEOUT_SECONDS = 5.0
"""For how long the other side may say nothing."""
WHOLE_SECONDS = 20.0
"""How long an answer may take from its question to its last byte, however steadily it drips."""
LARGEST_ANSWER = 64 * 1024 * 1024

# Its hooks log the arguments of what is retried, the token among them; whoever asked logs what failed in the end.
stamina.instrumentation.set_on_retry_hooks(())


class RequestFailed(Exception):
    """The other side could not be asked, or did not answer with success; `status` is None when it did not answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Keep the status for callers that tell 410 from 503."""
        super().__init__(message)
        self.status = status


def is_worth_retrying(error: Exception) -> bool:
    """Whether the same question may be answered when asked again at once."""
    return isinstance(error, RequestFailed) and error.status in (None, 502, 503, 504)


class Client:
    """An HTTP client for what may be repeated: GETs, POSTs that change nothing, PUTs."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        outbound: Outbound = PLAIN,
        *,
        silent_seconds: float = TIMEOUT_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        """`transport` lets a contract test answer from the provider's real application, in process."""
        self._silent = silent_seconds
        self._whole = whole_seconds
        self._client = (
            outbound.client(timeout=silent_seconds)
            if transport is None
            else httpx.AsyncClient(transport=transport, timeout=silent_seconds, trust_env=False)
        )

    async def get_json(
        self, url: str, *, token: str = "", params: Mapping[str, Any] | None = None, wait: float = 0
    ) -> Any:
        """The JSON at `url`; `wait` is how many seconds longer the answer may take."""
        return await self._ask("GET", url, token=token, params=params, wait=wait)

    async def post_json(self, url: str, body: Any, *, token: str = "") -> Any:
        """The JSON answer to `body`, for questions too long for a URL."""
        return await self._ask("POST", url, token=token, body=body)

    async def put_json(self, url: str, body: Any, *, token: str = "") -> Any:
        """The JSON answer to `body`, which the other side keeps under `url`."""
        return await self._ask("PUT", url, token=token, body=body)

    @stamina.retry(on=is_worth_retrying, attempts=3, timeout=10, wait_initial=0.05, wait_max=0.5)
    async def _ask(
        self,
        method: str,
        url: str,
        *,
        token: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        wait: float = 0,
    ) -> Any:
        with tracing.step(method, "client", **{"http.request.method": method, **tracing.address_of(url)}) as span:
            return await self._ask_once(method, url, span, token=token, params=params, body=body, wait=wait)

    async def _ask_once(
        self,
        method: str,
        url: str,
        span: tracing.Span,
        *,
        token: str,
        params: Mapping[str, Any] | None,
        body: Any,
        wait: float,
    ) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        traceparent = tracing.current()
        if traceparent is not None:
            headers["traceparent"] = traceparent
        timeout = httpx.Timeout(self._silent, read=self._silent + wait)
        try:
            async with (
                asyncio.timeout(self._whole + wait),
                self._client.stream(
                    method, url, params=params, json=body, headers=headers, timeout=timeout
                ) as response,
            ):
                span.attributes["http.response.status_code"] = response.status_code
                content = await _read(response)
        except (httpx.HTTPError, TimeoutError) as error:
            raise RequestFailed(f"{method} {url}: {type(error).__name__}") from error
        if not response.is_success:
            raise RequestFailed(f"{method} {url}: {response.status_code} {content[:200]!r}", response.status_code)
        try:
            return read_json(content)
        except ValueError as error:
            raise RequestFailed(f"{method} {url}: the answer is not JSON", 502) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise RequestFailed(f"{response.request.url}: the answer is larger than {LARGEST_ANSWER} bytes", 502)
    return bytes(content)


@asynccontextmanager
async def open_client(
    transport: httpx.AsyncBaseTransport | None = None, outbound: Outbound = PLAIN
) -> AsyncIterator[Client]:
    """A client for the length of a block."""
    client = Client(transport, outbound)
    try:
        yield client
    finally:
        await client.close()
