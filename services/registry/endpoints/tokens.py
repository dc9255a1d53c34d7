"""`POST /oauth2/token` and the keys with which its tokens are verified."""

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Form, Header, Request, Response
from pydantic import BaseModel, Field

from services.registry.endpoints.guessing import Guesses
from services.registry.service import clients
from shared.auth.tokens import CLIENT_TOKEN_SECONDS
from shared.errors import BellwetherError, TooMany, Unauthenticated
from shared.web.caller import Opened
from shared.web.rendering import json_response
from shared.web.route import new_router
from shared.web.transaction import OpenTransaction

router = new_router(tag="tokens")

NO_STORE = {"Cache-Control": "no-store"}


class TokenAnswer(BaseModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds", examples=[CLIENT_TOKEN_SECONDS])
    scope: str = Field(examples=["scoring:read feed:read"])


class TokenError(BaseModel):
    """Why there is no token (RFC 6749, 5.2)."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


@router.post(
    "/oauth2/token",
    response_model=TokenAnswer,
    responses={400: {"model": TokenError}, 401: {"model": TokenError}},
    summary="Get an access token",
)
async def get_token(
    request: Request,
    session: OpenTransaction,
    resources: Opened,
    grant_type: Annotated[str | None, Form(description="client_credentials")] = None,
    scope: Annotated[str | None, Form(description="Fewer scopes than the client has, separated by blanks")] = None,
    client_id: Annotated[str | None, Form()] = None,
    client_secret: Annotated[str | None, Form()] = None,
    authorization: Annotated[str | None, Header()] = None,
) -> Response:
    """Exchange a client's id and secret (HTTP Basic, or in the form) for a token that lives five minutes."""
    if grant_type != "client_credentials":
        return _refuse(400, "unsupported_grant_type", "grant_type must be client_credentials.")
    address = request.client.host if request.client else ""
    guesses = Guesses(resources, address)
    try:
        basic = _read_basic(authorization)
        held_id, held_secret = basic or (client_id or "", client_secret or "")
        await guesses.count_asked(held_id)
        key = request.app.state.token_key
        token, granted = await clients.issue_token(session, key, held_id, held_secret, scope)
    except TooMany:
        raise
    except BellwetherError as error:
        status = 401 if isinstance(error, Unauthenticated) else 400
        if isinstance(error, Unauthenticated):
            await session.rollback()  # nothing was changed, and no transaction waits for Redis
            await guesses.count_wrong()
        return _refuse(status, error.code, error.detail)
    answer = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": CLIENT_TOKEN_SECONDS,
        "scope": " ".join(granted),
    }
    return json_response(answer, headers=NO_STORE)


@router.get("/.well-known/jwks.json", summary="Public keys of access tokens")
async def get_jwks(request: Request) -> dict[str, Any]:
    """The keys that verify this service's tokens (RFC 7517)."""
    return {"keys": [key.as_dict(private=False) for key in request.app.state.published_keys]}


def _read_basic(header: str | None) -> tuple[str, str] | None:
    """Id and secret of an HTTP Basic header; both are form-encoded in it (RFC 6749, 2.3.1)."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("The Authorization header is not HTTP Basic.", code="invalid_client") from None
    return unquote(name), unquote(secret)


def _refuse(status: int, error: str, description: str) -> Response:
    headers = NO_STORE | ({"WWW-Authenticate": "Basic"} if status == 401 else {})  # noqa: PLR2004
    return json_response({"error": error, "error_description": description}, status, headers)
