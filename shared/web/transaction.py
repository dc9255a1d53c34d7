"""One request, one transaction, committed before the answer leaves."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal
from shared.web import idempotency
from shared.web.caller import authenticate, resources_of


async def open_transaction(request: Request) -> AsyncIterator[AsyncSession]:
    """A session that commits when the endpoint has returned, and then rings whoever should know.

    With `scope="function"` this ends before the response is sent; in FastAPI's default scope the client would
    read 201 before, or without, the commit.
    """
    resources = resources_of(request)
    async with resources.database.sessions() as session:
        yield session
        await session.commit()
        resources.ring(changed=session.info.get("rings", False), work=session.info.get("work", False))


async def transaction(
    request: Request,
    session: Annotated[AsyncSession, Depends(open_transaction, scope="function")],
    caller: Annotated[Principal, Depends(authenticate)],
) -> AsyncSession:
    """The request's transaction; a POST with an Idempotency-Key that was answered before ends here with that answer."""
    key = idempotency.key_of(request)
    if key is not None:
        fingerprint = idempotency.fingerprint(request, caller, await request.body())
        await idempotency.begin(request, session, caller, key, fingerprint)
    return session


async def snapshot(request: Request) -> AsyncIterator[AsyncSession]:
    """A read-only session: all its statements see one state, so a reader never sees half of a change."""
    async with resources_of(request).database.snapshots() as session:
        yield session


OpenTransaction = Annotated[AsyncSession, Depends(open_transaction, scope="function")]
"""For routes without a caller, and for those that read their body as a stream."""

Transaction = Annotated[AsyncSession, Depends(transaction, scope="function")]
Reading = Annotated[AsyncSession, Depends(snapshot, scope="function")]
