"""A tiny OIDC issuer for two local people, so that four-eyes steps can be tried on one machine.

It exists in `local` only: in production people come from the company's own issuer (`OIDC_ISSUER`).
"""

import base64
import binascii
import hmac
import json
import secrets
from pathlib import Path
from urllib.parse import unquote_plus

from joserfc.jwk import OKPKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.servers.account import write_private
from shared.auth import tokens

NAMES = ("Robin (local)", "Kim (local)")
ROLES = ["manager"]
TOKEN_SECONDS = 300


def write_people(path: Path, token_url: str) -> list[dict[str, str]]:
    """The two people in `path`, made the first time, with where they get their tokens now."""
    people: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    if len(people) != len(NAMES):
        people = [
            {
                "name": name,
                "client_id": f"person-{secrets.token_hex(8)}",
                "client_secret": secrets.token_urlsafe(24),
            }
            for name in NAMES
        ]
    people = [{**person, "token_url": token_url} for person in people]
    write_private(path, json.dumps(people, indent=2) + "\n", None)
    return people


class PeopleIssuer:
    """Discovery, public keys, and tokens for whoever knows the secret of one of the people."""

    def __init__(self, issuer: str, key: OKPKey, people: list[dict[str, str]]) -> None:
        """`issuer` is the URL under which the routes are reached; `key` signs, with its id."""
        self._issuer = issuer
        self._key = key
        self._people = {person["client_id"]: person for person in people}

    def routes(self) -> list[Route]:
        """What is served below the issuer's path."""
        return [
            Route("/.well-known/openid-configuration", self._configuration),
            Route("/jwks.json", self._keys),
            Route("/token", self._token, methods=["POST"]),
        ]

    async def _configuration(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self._issuer,
                "jwks_uri": f"{self._issuer}/jwks.json",
                "token_endpoint": f"{self._issuer}/token",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["Ed25519"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    async def _keys(self, _request: Request) -> Response:
        public = self._key.as_dict(private=False)
        return JSONResponse({"keys": [{**public, "use": "sig", "alg": "Ed25519"}]})

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        if fields.get("grant_type") != "client_credentials":
            return _refusal(400, "unsupported_grant_type", "This issuer knows client_credentials only.")
        client_id, secret = _basic(request) or (fields.get("client_id", ""), fields.get("client_secret", ""))
        person = self._people.get(client_id)
        if person is None or not hmac.compare_digest(person["client_secret"].encode(), secret.encode()):
            return _refusal(401, "invalid_client", "The id or the secret is wrong.")
        claims = {
            "iss": self._issuer,
            "sub": client_id,
            "aud": tokens.AUDIENCE,
            "roles": ROLES,
            "name": person["name"],
        }
        token = tokens.sign(self._key, claims, seconds=TOKEN_SECONDS)
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS},
            headers={"Cache-Control": "no-store"},
        )


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def _refusal(status: int, error: str, description: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = 'Basic realm="people"'
    return JSONResponse({"error": error, "error_description": description}, status_code=status, headers=headers)
