"""What a process holds open while it runs: database, doorbell, HTTP client, keys."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from joserfc.jwk import Key

from shared import db, http, telemetry
from shared.auth import keys, tokens
from shared.queue import Doorbell
from shared.settings import Settings
from shared.web.rate_limits import Limiter

TOKEN_ISSUER = "bellwether"  # noqa: S105  # the `iss` claim of API clients' tokens


@dataclass(frozen=True, slots=True)
class Resources:
    """Opened once per process and handed to endpoints and tasks."""

    settings: Settings
    database: db.Database
    doorbell: Doorbell
    client: http.Client
    service_tokens: tokens.ServiceTokens
    verifier: tokens.Verifier
    limiter: Limiter
    cursor_key: bytes

    async def ask(self, service: str, path: str, *, params: dict[str, Any] | None = None, wait: float = 0) -> Any:
        """The JSON at `path` of another service, asked in this service's own name."""
        url = self.settings.url_of(service) + path
        return await self.client.get_json(url, token=self.service_tokens.token_for(service), params=params, wait=wait)

    async def ask_about(self, service: str, path: str, body: Any) -> Any:
        """The JSON answer of another service to a question too long for a URL."""
        url = self.settings.url_of(service) + path
        return await self.client.post_json(url, body, token=self.service_tokens.token_for(service))

    async def tell(self, service: str, path: str, body: Any) -> Any:
        """The JSON answer of another service that is told something; once or twice comes to the same."""
        url = self.settings.url_of(service) + path
        return await self.client.put_json(url, body, token=self.service_tokens.token_for(service))

    def ring(self, *, changed: bool, work: bool) -> None:
        """Ring whoever should know of a commit: followers of this feed, and this service's own worker."""
        if changed:
            self.doorbell.ring(self.settings.listeners, "pull", self.settings.service)
        if work:
            self.doorbell.ring((self.settings.tasks_worker,), "work")


@asynccontextmanager
async def open_resources(
    settings: Settings,
    *,
    own_token_keys: tokens.FindKey | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Resources]:
    """Everything that a process needs, closed again at the end of the block.

    `own_token_keys` is given by the service that issues API clients' tokens; the others fetch its JWKS.
    """
    database = db.connect(
        settings.database_url,
        settings.service,
        pool_size=settings.database_pool_size,
        statement_seconds=settings.database_statement_seconds,
    )
    doorbell = Doorbell(settings.redis)
    limiter = Limiter(settings)
    key = keys.load_private_key(settings.service_key_file)
    outbound = settings.outbound
    async with (
        telemetry.exporting(settings),
        # Whoever is of the house is never asked through a proxy, which would see their tokens.
        http.open_client(transport, replace(outbound, proxy=None)) as client,
        http.open_client(transport, outbound) as outside,
    ):
        find_client_key = (
            own_token_keys
            or keys.IssuerKeys(client, TOKEN_ISSUER, f"{settings.registry_url}/.well-known/jwks.json").find
        )
        try:
            yield Resources(
                settings=settings,
                database=database,
                doorbell=doorbell,
                client=client,
                service_tokens=tokens.ServiceTokens(settings.service, key),
                verifier=tokens.Verifier(_issuers(settings, outside, find_client_key)),
                limiter=limiter,
                # Signs page cursors; the same in all replicas, and nobody else's business.
                cursor_key=hashlib.blake2b(settings.service_key_file.read_bytes(), person=b"page cursors").digest(),
            )
        finally:
            await doorbell.close()
            await limiter.close()
            await database.close()


def _issuers(settings: Settings, outside: http.Client, find_client_key: tokens.FindKey) -> dict[str, tokens.Issuer]:
    peers = keys.PeerKeys(settings.peer_keys_dir)
    issuers = {
        TOKEN_ISSUER: tokens.Issuer(find_client_key, tokens.AUDIENCE, tokens.OWN_ALGORITHMS, tokens.client_principal)
    }
    for peer in settings.peers:

        async def find(kid: str, peer: str = peer) -> Key | None:
            return peers.find(peer, kid)

        issuers[tokens.SERVICE_ISSUER + peer] = tokens.Issuer(
            find, settings.service, tokens.OWN_ALGORITHMS, tokens.service_principal
        )
    if settings.oidc_issuer:
        company = keys.IssuerKeys(outside, settings.oidc_issuer)
        people = tokens.person_principal(settings.oidc_scopes, settings.oidc_scopes_claim)
        issuers[settings.oidc_issuer] = tokens.Issuer(
            company.find, settings.oidc_audience, tokens.OIDC_ALGORITHMS, people
        )
    return issuers
