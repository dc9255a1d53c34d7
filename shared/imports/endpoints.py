"""`/v1/imports`: posting a file, following it, and reading what was refused."""

import hashlib
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tasks
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.ids import new_id
from shared.imports import files, tables
from shared.imports.kinds import ImportKind
from shared.imports.running import TASK_KIND
from shared.web import idempotency
from shared.web.caller import scoped
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.rendering import json_response
from shared.web.route import new_router
from shared.web.transaction import OpenTransaction, Reading

CHUNK_BYTES = 1024 * 1024


class ImportRun(BaseModel):
    """An import and how far it is."""

    id: UUID
    kind: str = Field(examples=["suppliers"])
    dry_run: bool = Field(description="Everything was tried and nothing kept")
    status: Literal["queued", "running", "succeeded", "partially_succeeded", "failed"]
    total: int | None = Field(description="Rows in the file; null until counted")
    succeeded: int = Field(description="Rows taken in, the unchanged ones included")
    unchanged: int = Field(description="Rows equal to the last one with the same key")
    failed: int = Field(description="Rows refused; `errors` says why")
    error: str | None = Field(description="Why the file as a whole was not read")
    created_at: datetime
    finished_at: datetime | None


class RefusedLine(BaseModel):
    """Why a line was refused."""

    line: int = Field(description="The line of the file on which the row begins; the header is line 1", examples=[17])
    column: str = Field(description="Empty where the row as a whole is at fault", examples=["country"])
    message: str = Field(examples=["String should have at most 2 characters"])


def import_router(kinds: Sequence[ImportKind], *, read_scope: str) -> APIRouter:
    """The routes of a service's imports: one POST for each kind, and the runs."""
    router = new_router("/v1/imports", "imports")
    for kind in kinds:
        router.add_api_route(
            f"/{kind.name}",
            _post(kind),
            methods=["POST"],
            status_code=202,
            response_model=ImportRun,
            name=f"import_{kind.name.replace('-', '_')}",
            description=_describe(kind),
            openapi_extra=_request_body(kind),
        )

    @router.get("")
    async def list_imports(
        session: Reading, caller: Annotated[Principal, scoped(read_scope)], pages: Pages
    ) -> Page[ImportRun]:
        """List imports, newest first."""
        caller.refuse_bound("import")
        rows, following = await pages.read(session, select(tables.run), tables.run.c.id, descending=True)
        return Page(items=[ImportRun.model_validate(row, from_attributes=True) for row in rows], next_cursor=following)

    @router.get("/{import_id}")
    async def get_import(
        session: Reading, caller: Annotated[Principal, scoped(read_scope)], import_id: UUID, response: Response
    ) -> ImportRun:
        """Read how far an import is."""
        caller.refuse_bound("import")
        run = await _read(session, import_id)
        set_etag(response, run.succeeded + run.failed, run.status)
        return run

    @router.get("/{import_id}/errors")
    async def list_import_errors(
        session: Reading, caller: Annotated[Principal, scoped(read_scope)], import_id: UUID, pages: Pages
    ) -> Page[RefusedLine]:
        """List the lines that were refused, in the order of the file."""
        caller.refuse_bound("import")
        await _read(session, import_id)
        query = select(tables.error).where(tables.error.c.run_id == import_id)
        rows, following = await pages.read(session, query, tables.error.c.n)
        return Page(
            items=[RefusedLine.model_validate(row, from_attributes=True) for row in rows],
            next_cursor=following,
        )

    return router


def _post(kind: ImportKind) -> Callable[..., Coroutine[Any, Any, Response]]:
    async def post_file(
        request: Request,
        session: OpenTransaction,
        caller: Annotated[Principal, scoped(kind.scope)],
        dry_run: Annotated[bool, Query(description="Try everything, keep nothing, report the errors")] = False,
    ) -> Response:
        caller.refuse_bound("import")
        run_id = new_id()
        media_type = files.media_type_of(request.headers.get("content-type"))
        run = {
            "id": run_id,
            "kind": kind.name,
            "media_type": media_type,
            "dry_run": dry_run,
            "sub": caller.sub,
            "client_id": caller.client_id,
            "person": caller.person,
        }
        await session.execute(insert(tables.run).values(run))
        digest = await _store_file(request, session, kind, media_type, run_id)
        key = idempotency.key_of(request)
        if key is not None:
            await idempotency.begin(request, session, caller, key, idempotency.fingerprint(request, caller, digest))
        await tasks.enqueue(session, TASK_KIND, {"run_id": str(run_id)})
        body = (await _read(session, run_id)).model_dump(mode="json")
        return json_response(body, 202, {"Location": f"/v1/imports/{run_id}", "Retry-After": "1"})

    return post_file


async def _store_file(
    request: Request, session: AsyncSession, kind: ImportKind, media_type: str, run_id: UUID
) -> bytes:
    """Keep the body as it streams in: what is answered 202 is in PostgreSQL. Returns its SHA-256."""
    digest = hashlib.sha256()
    buffer = bytearray()
    n = 0

    async def flush() -> None:
        nonlocal n
        if n == 0:
            files.check_beginning(kind, media_type, bytes(buffer))
        digest.update(buffer)
        await session.execute(insert(tables.chunk).values(run_id=run_id, n=n, data=bytes(buffer)))
        n += 1
        buffer.clear()

    async for part in request.stream():
        buffer += part
        if len(buffer) >= CHUNK_BYTES:
            await flush()
    if buffer or n == 0:
        await flush()
    return digest.digest()


async def _read(session: AsyncSession, import_id: UUID) -> ImportRun:
    row = (await session.execute(select(tables.run).where(tables.run.c.id == import_id))).one_or_none()
    if row is None:
        raise NotFound("No such import.")
    return ImportRun.model_validate(row, from_attributes=True)


def _describe(kind: ImportKind) -> str:
    optional = [name for name in kind.columns if name not in kind.required]
    return (
        f"Import {kind.name} from CSV (UTF-8, header row), NDJSON or XLSX. Columns: {', '.join(kind.required)}"
        + (f"; optional: {', '.join(optional)}" if optional else "")
        + f". A row is identified by {' + '.join(kind.key)}; one equal to the last with its key changes nothing. "
        "Good rows are kept; the others are listed with line and column under `errors`."
    )


def _request_body(kind: ImportKind) -> dict[str, Any]:
    text = {"schema": {"type": "string"}, "example": ",".join(kind.columns) + "\n"}
    binary = {"schema": {"type": "string", "format": "binary"}}
    row = {"schema": {"type": "string"}}
    return {"requestBody": {"required": True, "content": {files.CSV: text, files.NDJSON: row, files.XLSX: binary}}}
