"""API clients: their secrets, and the tokens that they get for them."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc.jwk import OKPKey
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.models import ApiClient, Supplier
from services.registry.schemas.clients import NewClient
from shared import journal
from shared.auth import tokens
from shared.auth.principal import SCOPES, Actor
from shared.errors import Conflict, Invalid, Unauthenticated
from shared.ids import new_id
from shared.journal import Change
from shared.web.resources import TOKEN_ISSUER

OLD_SECRET_LIVES_FOR = timedelta(hours=24)
SECRET_BYTES = 32


def feed_state(client: ApiClient) -> dict[str, Any]:
    """A client as the feed tells it, without its secrets."""
    return {
        "name": client.name,
        "scopes": client.scopes,
        "supplier_id": str(client.supplier_id) if client.supplier_id else None,
        "revoked": client.revoked_at is not None,
    }


def hash_secret(secret: str) -> bytes:
    """SHA-256: secrets have 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()


async def create_client(session: AsyncSession, actor: Actor, new: NewClient) -> tuple[ApiClient, str]:
    """A new client and its secret, which is not kept."""
    if new.supplier_id is not None:
        await repository.get(session, Supplier, new.supplier_id, "supplier")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client = ApiClient(
        id=new_id(), version=1, created_by=actor.sub, secret_hash=hash_secret(secret), **new.model_dump()
    )
    session.add(client)
    await session.flush()
    await journal.record(session, actor, [Change("client.created", client.id, 1, feed_state(client))])
    return client, secret


async def rotate_secret(session: AsyncSession, actor: Actor, client_id: UUID) -> tuple[ApiClient, str]:
    """A new secret; the old one goes on working for a day, so that both sides can change over."""
    client = await repository.lock(session, ApiClient, client_id, "client")
    _refuse_revoked(client)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client.previous_secret_hash = client.secret_hash
    client.previous_valid_until = datetime.now(UTC) + OLD_SECRET_LIVES_FOR
    client.secret_hash = hash_secret(secret)
    await _save(session, actor, client, "rotated", feed_state(client))
    return client, secret


async def revoke_client(session: AsyncSession, actor: Actor, client_id: UUID) -> ApiClient:
    """No token for this client any more; those it has die within five minutes."""
    client = await repository.lock(session, ApiClient, client_id, "client")
    if client.revoked_at is None:
        before = feed_state(client)
        client.revoked_at = datetime.now(UTC)
        await _save(session, actor, client, "revoked", before)
    return client


async def issue_token(
    session: AsyncSession, key: OKPKey, client_id: str, secret: str, scope: str | None
) -> tuple[str, list[str]]:
    """A signed access token and its scopes (RFC 6749, 4.4); `scope` may ask for fewer than the client has.

    Raises Unauthenticated for a wrong id or secret, Invalid for a scope that the client does not have.
    """
    client = await repository.find_client(session, _as_uuid(client_id))
    if client is None or client.revoked_at is not None or not _knows(client, secret):
        raise Unauthenticated("Unknown client, or wrong secret.", code="invalid_client")
    granted = sorted(set(scope.split())) if scope else client.scopes
    refused = sorted(set(granted) - set(SCOPES if "admin" in client.scopes else client.scopes))
    if refused:
        raise Invalid(f"The client does not have the scope {', '.join(refused)}.", code="invalid_scope")
    claims = {
        "iss": TOKEN_ISSUER,
        "aud": tokens.AUDIENCE,
        "sub": str(client.id),
        "client_id": str(client.id),
        "scope": " ".join(granted),
    }
    if client.supplier_id is not None:
        claims["supplier_id"] = str(client.supplier_id)
    return tokens.sign(key, claims, seconds=tokens.CLIENT_TOKEN_SECONDS), granted


def _knows(client: ApiClient, secret: str) -> bool:
    given = hash_secret(secret)
    if hmac.compare_digest(given, client.secret_hash):
        return True
    old_lives = client.previous_valid_until is not None and client.previous_valid_until > datetime.now(UTC)
    return old_lives and hmac.compare_digest(given, client.previous_secret_hash or b"")


def _as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Unauthenticated("Unknown client, or wrong secret.", code="invalid_client") from None


def _refuse_revoked(client: ApiClient) -> None:
    if client.revoked_at is not None:
        raise Conflict("The client is revoked; create a new one.", code="client-revoked")


async def _save(session: AsyncSession, actor: Actor, client: ApiClient, happened: str, before: dict[str, Any]) -> None:
    client.version += 1
    await session.flush()
    change = Change(f"client.{happened}", client.id, client.version, feed_state(client), before)
    await journal.record(session, actor, [change])
