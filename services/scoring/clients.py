"""What scoring asks audit; and how webhooks are sent: to an address that was checked a moment ago, and to no other."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address
from typing import Any, Final, Protocol

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from services.scoring.domain.policy.provisions import Edition
from services.scoring.domain.webhook.addresses import Address, Network, may_reach
from shared import http
from shared.errors import Unavailable
from shared.outbound import PLAIN, Outbound

MOST_STANDARDS: Final = 200
"""On a page of audit's list."""

PATIENCE_SECONDS: Final = 15.0
CONNECTING_SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 64 * 1024
EXCERPT_CHARACTERS: Final = 1000
MOST_ADDRESSES: Final = 4
"""Addresses of one name that are tried before it counts as out of reach."""

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

REFUSED: Final = (
    "not sent: the URL leads to an address that is not public, or not encrypted, and in no network that "
    "WEBHOOK_ALLOWED_NETWORKS names"
)

log = structlog.get_logger()


class HeldStandard(BaseModel):
    """An edition of a standard, as audit lists it: the part that is needed here."""

    standard: str
    version: str


class StandardsPage(BaseModel):
    """A page of audit's list of standards."""

    items: list[HeldStandard]
    next_cursor: str | None


class HeldProvision(BaseModel):
    """A provision that a finding can name."""

    standard: str
    version: str
    code: str


class Provisions(BaseModel):
    """Audit's answer: all provisions of all versions of a standard, in their order."""

    items: list[HeldProvision]


class Asks(Protocol):
    """What a client needs: a way to put a question to another service."""

    async def ask(self, service: str, path: str, *, params: dict[str, Any] | None = None) -> object: ...


class AuditClient:
    """Asks the audit service; never to be used inside a transaction."""

    def __init__(self, asks: Asks, *, at_once: int = MOST_STANDARDS) -> None:
        """`asks` are the process's resources."""
        self._asks = asks
        self._at_once = at_once

    async def read_catalogue(self, standards: Collection[str]) -> dict[Edition, list[str]]:
        """Every edition that is held; with the codes of its provisions where its standard is one of `standards`.

        Unavailable while audit is away.
        """
        try:
            catalogue: dict[Edition, list[str]] = {edition: [] for edition in await self._editions()}
            for standard in sorted({held for held, _ in catalogue}.intersection(standards)):
                answer = await self._asks.ask("audit", "/v1/provisions", params={"standard": standard})
                for each in Provisions.model_validate(answer).items:
                    catalogue[each.standard, each.version].append(each.code)
        except (http.RequestFailed, ValidationError, KeyError) as error:
            log.warning("audit did not tell its provisions", error=str(error))
            raise Unavailable(
                "The audit service cannot be asked which provisions there are; nothing was changed. Try again.",
                code="audit-away",
            ) from error
        return catalogue

    async def _editions(self) -> list[Edition]:
        found: list[Edition] = []
        params = {"limit": str(self._at_once)}
        while True:
            page = StandardsPage.model_validate(await self._asks.ask("audit", "/v1/standards", params=params))
            found += [(each.standard, each.version) for each in page.items]
            if page.next_cursor is None:
                return found
            params = {**params, "cursor": page.next_cursor}


@dataclass(slots=True)
class Answer:
    """What came of an attempt; without `status` nothing was answered, and `error` says why."""

    status: int | None = None
    retry_after: str | None = None
    error: str | None = None
    content: bytes = b""
    seconds: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether the receiver has taken it: 2xx and nothing else, redirections included."""
        return self.status is not None and httpx.codes.is_success(self.status)

    @property
    def excerpt(self) -> str:
        """The beginning of what was answered, as text that can be stored."""
        return self.content.decode("utf-8", "replace").replace("\0", "\ufffd")[:EXCERPT_CHARACTERS]


# Threads of their own, and many: a name server that does not answer holds one for long, and must hold up no other name.
_RESOLVING: Final = ThreadPoolExecutor(256, thread_name_prefix="webhook-names")


async def resolve(host: str, port: int) -> Sequence[Address]:
    """All addresses of a name, as the system knows them; OSError where there is none."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVING, look_up)
    return list(dict.fromkeys(ip_address(where[0]) for *_, where in found))


class Unreachable(Exception):
    """Nothing was sent; the words say why, and name no address."""


class WebhookClient:
    """Posts events.

    The name in a URL is resolved once for each attempt, every address that it has is checked, and the connection is
    made to one of these addresses, not to the name, which may have another a moment later. Certificates are checked
    for the name. Redirections, proxies of the environment and cookies are not followed.

    Behind a proxy of the operator's it is the proxy that resolves names, and that has to refuse what is not public.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        outbound: Outbound = PLAIN,
        *,
        resolve: Resolve = resolve,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`allowed` networks may be sent to though they are not public, and without encryption.

        `outbound` says whether there is a proxy, and whose certificates are believed. `patience` is how many seconds
        an attempt takes at most.
        """
        self._allowed = tuple(allowed)
        self._resolve = resolve
        self._outbound = outbound
        self._patience = patience

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send `body`; the time is limited however slowly the answer comes. Never raises for the receiver."""
        answer = Answer()
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                await self._post(httpx.URL(url), headers, body, answer)
        except Unreachable as error:
            answer.error = str(error)
        except TimeoutError:
            answer.error = f"no answer within {self._patience:g} seconds"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            answer.error = f"{type(error).__name__}: {error}"[:500].replace("\0", "\ufffd")
        if answer.status is not None:
            # The status is the answer; whether all that was said with it came through does not matter.
            answer.error = None
        answer.seconds = time.monotonic() - started
        return answer

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes, answer: Answer) -> None:
        timeout = httpx.Timeout(self._patience, connect=CONNECTING_SECONDS)
        if self._is_through_proxy(url):
            async with self._outbound.client(timeout=timeout) as client:
                given = {**headers, "Accept-Encoding": "identity"}
                await _send(client, client.build_request("POST", url, content=body, headers=given), answer)
            return
        addresses = await self._check(url)
        # A client for each attempt: a kept connection would be used for whatever name has the same address.
        async with replace(self._outbound, proxy=None).client(timeout=timeout) as client:
            for n, address in enumerate(addresses, 1):
                request = client.build_request(
                    "POST",
                    url.copy_with(host=str(address)),
                    content=body,
                    headers={**headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
                    extensions={"sni_hostname": url.raw_host.decode("ascii").rstrip(".")},
                )
                try:
                    await _send(client, request, answer)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    if n == len(addresses):
                        raise
                else:
                    return

    def _is_through_proxy(self, url: httpx.URL) -> bool:
        """What is not encrypted goes to allowed networks alone, and what names its address can be checked here."""
        host = url.raw_host.decode("ascii")
        if url.scheme != "https" or not self._outbound.is_through_proxy(host):
            return False
        try:
            address = ip_address(host.strip("[]"))
        except ValueError:
            return True
        return may_reach(address, (), encrypted=True)

    async def _check(self, url: httpx.URL) -> Sequence[Address]:
        """The addresses behind a URL, all of them fit to be sent to, or Unreachable."""
        encrypted = url.scheme == "https"
        port = url.port or (443 if encrypted else 80)
        try:
            # The form in which it will be certified; what looks like no address (2130706433) is one for the system.
            addresses = await self._resolve(url.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError):
            raise Unreachable("the host's name cannot be resolved") from None
        if not addresses:
            raise Unreachable("the host's name has no address")
        if not all(may_reach(address, self._allowed, encrypted=encrypted) for address in addresses):
            raise Unreachable(REFUSED)
        return addresses[:MOST_ADDRESSES]


async def _send(client: httpx.AsyncClient, request: httpx.Request, answer: Answer) -> None:
    """Send, and note the answer bit by bit, so that what is known stays known when the time is over."""
    response = await client.send(request, stream=True)
    async with aclosing(response):
        answer.status = response.status_code
        answer.retry_after = response.headers.get("retry-after")
        async for chunk in response.aiter_raw():
            answer.content += chunk[: LARGEST_ANSWER - len(answer.content)]
            if len(answer.content) >= LARGEST_ANSWER:
                break
