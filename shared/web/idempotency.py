"""Idempotency keys: the answer to a POST is kept in the transaction of its effect, and given again."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request, Response
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal
from shared.db import new_metadata
from shared.errors import Conflict, Invalid

KEPT_FOR = timedelta(hours=72)
LONGEST_KEY = 255
KEPT_HEADERS = ("content-type", "location", "etag", "retry-after", "cache-control")
NO_STORE = "no-store"
LOCK_NOT_AVAILABLE = "55P03"

metadata = new_metadata()

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("sub", Text, primary_key=True, comment="whose key it is"),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False, comment="of method, path, query and body"),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_idempotency_key_created_at", "created_at"),
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A key whose answer is not yet known."""

    session: AsyncSession
    sub: str
    key: str
    fingerprint: bytes


class Replayed(Exception):
    """The request was answered before; `response` is that answer."""

    def __init__(self, response: Response) -> None:
        """Carry the kept answer past the endpoint."""
        super().__init__()
        self.response = response


def key_of(request: Request) -> str | None:
    """The Idempotency-Key of a POST, bare or as a quoted string; None where there is none."""
    header = request.headers.get("idempotency-key")
    if header is None or request.method != "POST":
        return None
    key = header.strip().strip('"')
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.", code="idempotency-key-invalid")
    return key


def fingerprint(request: Request, caller: Principal, body: bytes) -> bytes:
    """What makes two requests the same: method, path, query, body, and what the caller may do."""
    scopes = " ".join(sorted(caller.scopes))  # so that a token with fewer does not get the answer of one with more
    target = f"{request.method} {request.url.path}?{request.url.query}\n{scopes}\n".encode()
    return hashlib.sha256(target + body).digest()


async def begin(request: Request, session: AsyncSession, caller: Principal, key: str, same: bytes) -> None:
    """Take the key for this transaction, waiting at most 5 s for another request that holds it.

    Raises Replayed where the answer is known, Conflict where the other request is still at work, Invalid where the
    key was used for something else.
    """
    await session.execute(text("SET LOCAL lock_timeout = '5s'"))
    try:
        await session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || :sub || ' ' || :key, 0))"),
            {"sub": caller.sub, "key": key},
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Conflict(
            "A request with this Idempotency-Key is still at work; try again.", code="idempotency-key-in-use"
        ) from error
    await session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    held = (
        await session.execute(
            select(idempotency_key).where(idempotency_key.c.sub == caller.sub, idempotency_key.c.key == key)
        )
    ).one_or_none()
    if held is None:
        request.state.idempotency = Pending(session, caller.sub, key, same)
    elif held.fingerprint != same:
        raise Invalid("This Idempotency-Key was used for another request.", code="idempotency-key-reused")
    elif held.headers.get("cache-control") == NO_STORE:
        raise Conflict(
            "This request succeeded before; its answer held a secret and was not kept.", code="answer-not-kept"
        )
    else:
        raise Replayed(Response(held.body, held.status, {**held.headers, "Idempotency-Replayed": "true"}))


async def keep(pending: Pending, response: Response) -> None:
    """Store the answer in the transaction that it answers for; of one that no cache may store, only that it was."""
    body = b"" if response.headers.get("cache-control") == NO_STORE else bytes(response.body)
    await pending.session.execute(
        insert(idempotency_key).values(
            sub=pending.sub,
            key=pending.key,
            fingerprint=pending.fingerprint,
            status=response.status_code,
            headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
            body=body,
        )
    )


async def forget_old(session: AsyncSession) -> None:
    """Delete keys past their 72 hours."""
    await session.execute(delete(idempotency_key).where(idempotency_key.c.created_at < func.now() - KEPT_FOR))
