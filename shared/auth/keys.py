"""Public keys by key id: read from files, or fetched as JWKS and served stale while the issuer is away."""

import asyncio
import time
from pathlib import Path
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, OKPKey

from shared import http
from shared.errors import Unavailable

FRESH_SECONDS = 300.0
RETRY_SECONDS = 5.0

log = structlog.get_logger()


def load_private_key(path: Path) -> OKPKey:
    """The Ed25519 private key in a PEM file, with its RFC 7638 thumbprint as key id."""
    key = OKPKey.import_key(path.read_bytes())
    return with_key_id(key)


def with_key_id(key: OKPKey) -> OKPKey:
    """The same key with its thumbprint as `kid`."""
    return OKPKey.import_key({**key.as_dict(private=key.is_private), "kid": key.thumbprint()})


class PeerKeys:
    """The services' public keys: `{folder}/{service}.pem`, read again when a key id is unknown (rotation)."""

    def __init__(self, folder: Path) -> None:
        """Remember where the keys are; `{service}.next.pem` may stand beside the current one while rotating."""
        self._folder = folder
        self._keys: dict[tuple[str, str], Key] = {}

    def find(self, service: str, kid: str) -> Key | None:
        """The key of `service` with that id, or None."""
        if (service, kid) not in self._keys:
            for path in self._folder.glob("*.pem"):
                key = with_key_id(OKPKey.import_key(path.read_bytes()))
                self._keys[path.name.split(".")[0], str(key.kid)] = key
        return self._keys.get((service, kid))


class IssuerKeys:
    """An issuer's JWKS."""

    def __init__(self, client: http.Client, issuer: str, jwks_url: str | None = None) -> None:
        """`jwks_url` is discovered (OpenID Connect Discovery 1.0) where it is not given."""
        self._client = client
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._keys: dict[str, Key] = {}
        self._fetched_at = -FRESH_SECONDS
        self._tried_at = -RETRY_SECONDS
        self._fetching = asyncio.Lock()

    async def find(self, kid: str) -> Key | None:
        """The key with that id, or None; Unavailable only where no key was ever fetched."""
        asked_at = time.monotonic()
        # Whoever comes while the keys are being fetched waits for them, unless an older copy of its key is there.
        if not self._is_fresh(kid) and not (kid in self._keys and self._fetching.locked()):
            async with self._fetching:
                pause_is_over = not self._keys or asked_at - self._tried_at >= RETRY_SECONDS
                if not self._is_fresh(kid) and self._tried_at < asked_at and pause_is_over:
                    await self._try_to_fetch()
        if not self._keys:
            raise Unavailable("The issuer of this token cannot be reached to verify it; try again.")
        return self._keys.get(kid)

    def _is_fresh(self, kid: str) -> bool:
        return kid in self._keys and time.monotonic() - self._fetched_at < FRESH_SECONDS

    async def _try_to_fetch(self) -> None:
        try:
            self._keys = await self._fetch()
            self._fetched_at = time.monotonic()
        except (http.RequestFailed, JoseError, KeyError, TypeError, ValueError) as error:
            log.warning("issuer's keys not fetched, using the ones held", issuer=self._issuer, error=repr(error))
        self._tried_at = time.monotonic()

    async def _fetch(self) -> dict[str, Key]:
        if self._jwks_url is None:
            discovered = await self._client.get_json(f"{self._issuer}/.well-known/openid-configuration")
            self._jwks_url = str(discovered["jwks_uri"])
        document: Any = await self._client.get_json(self._jwks_url)
        return {str(key.kid): key for key in KeySet.import_key_set(document).keys}
