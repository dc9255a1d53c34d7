"""JSON Web Tokens: signing our own, and turning anybody's into a principal."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidTokenError, JoseError
from joserfc.jwk import Key, OKPKey

from shared.auth.principal import Principal
from shared.errors import Unauthenticated
from shared.ids import new_id

AUDIENCE = "bellwether"
CLIENT_TOKEN_SECONDS = 300
SERVICE_TOKEN_SECONDS = 60
LEEWAY_SECONDS = 30
SERVICE_ISSUER = "bellwether:"
OWN_ALGORITHMS = ["Ed25519"]
OIDC_ALGORITHMS = ["Ed25519", "ES256", "PS256", "RS256"]
REMEMBERED = 4096

# What a service may be asked for by another: reading, never changing.
SERVICE_SCOPES = frozenset({"feed:read", "registry:read", "audit:read", "engagement:read", "scoring:read"})

FindKey = Callable[[str], Awaitable[Key | None]]
ToPrincipal = Callable[[dict[str, Any]], Principal]


def sign(key: OKPKey, claims: dict[str, Any], *, seconds: int) -> str:
    """A token with `claims`, valid from now for `seconds`."""
    now = int(time.time())
    header = {"alg": "Ed25519", "kid": key.kid, "typ": "at+jwt"}
    stamped = {**claims, "iat": now, "nbf": now, "exp": now + seconds, "jti": str(new_id())}
    return jwt.encode(header, stamped, key, algorithms=OWN_ALGORITHMS)


class ServiceTokens:
    """The tokens with which one service calls another; signed by itself, so no call depends on the registry."""

    def __init__(self, service: str, key: OKPKey) -> None:
        """`key` is the service's own private key."""
        self._service = service
        self._key = key
        self._held: dict[str, tuple[float, str]] = {}

    def token_for(self, callee: str) -> str:
        """A token that only `callee` accepts; reused until half of its 60 seconds are over."""
        until, token = self._held.get(callee, (0.0, ""))
        if time.monotonic() >= until:
            name = SERVICE_ISSUER + self._service
            claims = {"iss": name, "sub": name, "aud": callee, "scope": " ".join(sorted(SERVICE_SCOPES))}
            token = sign(self._key, claims, seconds=SERVICE_TOKEN_SECONDS)
            self._held[callee] = (time.monotonic() + SERVICE_TOKEN_SECONDS / 2, token)
        return token


def client_principal(claims: dict[str, Any]) -> Principal:
    """The API client that a token of the registry names."""
    supplier = claims.get("supplier_id")
    return Principal(
        sub=claims["sub"],
        client_id=claims["client_id"],
        scopes=frozenset(claims["scope"].split()),
        supplier_id=UUID(supplier) if supplier else None,
    )


def service_principal(claims: dict[str, Any]) -> Principal:
    """The peer service that a self-signed token names, held to what services may ask each other for."""
    # The issuer, whose key verified the token: `sub` is only what the peer says of itself.
    peer = claims["iss"]
    scopes = frozenset(claims["scope"].split()) & SERVICE_SCOPES
    return Principal(sub=peer, client_id=peer, scopes=scopes, service=True)


def person_principal(scopes_of_role: dict[str, list[str]], claim: str) -> ToPrincipal:
    """How a token of the company's issuer becomes a person: the roles in `claim` give the scopes."""

    def to_principal(claims: dict[str, Any]) -> Principal:
        roles = claims.get(claim) or []
        names = [roles] if isinstance(roles, str) else [str(role) for role in roles]
        scopes = frozenset(scope for name in names for scope in scopes_of_role.get(name, ()))
        return Principal(sub=f"{claims['iss']}|{claims['sub']}", client_id=None, scopes=scopes, person=True)

    return to_principal


class Issuer:
    """One party whose tokens are accepted."""

    def __init__(self, find_key: FindKey, audience: str, algorithms: list[str], to_principal: ToPrincipal) -> None:
        """`find_key` looks a key id up; `to_principal` reads verified claims."""
        self.find_key = find_key
        self.audience = audience
        self.algorithms = algorithms
        self.to_principal = to_principal


class Verifier:
    """Turns a bearer token into a principal, remembering tokens that it has verified until they expire."""

    def __init__(self, issuers: dict[str, Issuer]) -> None:
        """`issuers` by their `iss` claim; any other is refused."""
        self._issuers = issuers
        self._verified: dict[str, tuple[float, Principal]] = {}

    async def verify(self, token: str) -> Principal:
        """The principal, or Unauthenticated with the reason."""
        held = self._verified.get(token)
        if held is not None and time.time() < held[0]:
            return held[1]
        expires, principal = await self._decode(token)
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[token] = (expires, principal)
        return principal

    async def _decode(self, token: str) -> tuple[float, Principal]:
        try:
            # Looked at before it is verified, only to know whose key to verify it with.
            unverified = jws.extract_compact(token.encode("ascii"))
            issuer = self._issuers[json.loads(unverified.payload)["iss"]]
            key = await issuer.find_key(str(unverified.headers()["kid"]))
            if key is None:
                raise Unauthenticated("The token is signed with a key that its issuer does not publish.")
            verified = jwt.decode(token, key, algorithms=issuer.algorithms)
            registry = jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                exp={"essential": True},
                sub={"essential": True},
                aud={"essential": True, "value": issuer.audience},
            )
            registry.validate(verified.claims)
            expires = float(verified.claims["exp"])
            if expires <= time.time():
                # Leeway is for clocks that run ahead; a revoked client's last token dies when that was promised.
                raise Unauthenticated("The token has expired.")
            return expires, issuer.to_principal(verified.claims)
        except ExpiredTokenError as error:
            raise Unauthenticated("The token has expired.") from error
        except InvalidTokenError as error:
            raise Unauthenticated("The token is not valid yet: the clock that issued it is ahead of ours.") from error
        except (JoseError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise Unauthenticated(f"The token is not valid: {type(error).__name__}.") from error
