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
from shared.imports import encodings, files, mappings, tables
from shared.imports.dates import DateFormat
from shared.imports.kinds import ImportKind
from shared.imports.mapping_endpoints import get_mapping, mapping_router
from shared.imports.mappings import document_of
from shared.imports.running import TASK_KIND
from shared.web import idempotency
from shared.web.caller import scoped
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.rendering import json_response
from shared.web.route import new_router
from shared.web.transaction import OpenTransaction, Reading

CHUNK_BYTES = 1024 * 1024
_BYTES = {"schema": {"type": "string", "format": "binary"}}  # whatever the text's encoding
FILE_BODY = {"requestBody": {"required": True, "content": dict.fromkeys((files.CSV, files.NDJSON, files.XLSX), _BYTES)}}


class ImportRun(BaseModel):
    """An import and how far it is."""

    id: UUID
    kind: str = Field(examples=["suppliers"])
    encoding: str | None = Field(description="Of a text file: as named, else as recognised; null until then")
    reading: dict[str, Any] = Field(description="How the caller wants the file read, a saved mapping included")
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

    def refuse_bound(caller: Principal) -> None:
        """Where nothing is open to suppliers there is nothing of theirs to see."""
        if not any(kind.open_to_suppliers for kind in kinds):
            caller.refuse_bound("import")

    for kind in kinds:
        router.add_api_route(
            f"/{kind.name}",
            _post(kind),
            methods=["POST"],
            status_code=202,
            response_model=ImportRun,
            name=f"import_{kind.name.replace('-', '_')}",
            description=_describe(kind),
            openapi_extra=FILE_BODY,
        )

    @router.get("")
    async def list_imports(
        session: Reading, caller: Annotated[Principal, scoped(read_scope)], pages: Pages
    ) -> Page[ImportRun]:
        """List imports, newest first; a supplier's client sees its own."""
        refuse_bound(caller)
        query = select(tables.run)
        if caller.supplier_id is not None:
            query = query.where(tables.run.c.supplier_id == caller.supplier_id)
        rows, following = await pages.read(session, query, tables.run.c.id, descending=True)
        return Page(items=[ImportRun.model_validate(row, from_attributes=True) for row in rows], next_cursor=following)

    @router.get("/{import_id}")
    async def get_import(
        session: Reading, caller: Annotated[Principal, scoped(read_scope)], import_id: UUID, response: Response
    ) -> ImportRun:
        """Read how far an import is."""
        refuse_bound(caller)
        run = await _read(session, import_id, caller)
        set_etag(response, run.succeeded + run.failed, run.status)
        return run

    @router.get("/{import_id}/errors")
    async def list_import_errors(
        session: Reading, caller: Annotated[Principal, scoped(read_scope)], import_id: UUID, pages: Pages
    ) -> Page[RefusedLine]:
        """List the lines that were refused, in the order of the file."""
        refuse_bound(caller)
        await _read(session, import_id, caller)
        query = select(tables.error).where(tables.error.c.run_id == import_id)
        rows, following = await pages.read(session, query, tables.error.c.n)
        return Page(
            items=[RefusedLine.model_validate(row, from_attributes=True) for row in rows],
            next_cursor=following,
        )

    router.routes.extend(mapping_router(kinds, read_scope=read_scope).routes)
    return router


def _post(kind: ImportKind) -> Callable[..., Coroutine[Any, Any, Response]]:
    async def post_file(
        request: Request,
        session: OpenTransaction,
        caller: Annotated[Principal, scoped(kind.scope)],
        dry_run: Annotated[bool, Query(description="Try everything, keep nothing, report the errors")] = False,
        mapping: Annotated[
            str | None, Query(description="The name of a saved mapping; a later change of it changes no import")
        ] = None,
        date_format: Annotated[
            DateFormat | None, Query(description="us 07/29/2016, eu 29/07/2016, roc 99/07/29, iso 2016-07-29")
        ] = None,
    ) -> Response:
        if not kind.open_to_suppliers:
            caller.refuse_bound("import")
        content_type = request.headers.get("content-type")
        media_type, charset = files.media_type_of(content_type), files.charset_of(content_type)
        reading = await _reading(session, kind, caller, mapping, date_format, charset)
        run_id = new_id()
        run = {
            "id": run_id,
            "kind": kind.name,
            "media_type": media_type,
            "encoding": reading.charset if media_type != files.XLSX else None,
            "reading": document_of(reading),
            "dry_run": dry_run,
            "sub": caller.sub,
            "client_id": caller.client_id,
            "person": caller.person,
            "supplier_id": caller.supplier_id,
        }
        await session.execute(insert(tables.run).values(run))
        digest = await _store_file(request, session, kind, media_type, reading, run_id)
        key = idempotency.key_of(request)
        if key is not None:
            # The same bytes are another file where they are said to be something else.
            same = hashlib.sha256(f"{media_type}; charset={charset}\n".encode() + digest).digest()
            await idempotency.begin(request, session, caller, key, idempotency.fingerprint(request, caller, same))
        await tasks.enqueue(session, TASK_KIND, {"run_id": str(run_id)})
        body = (await _read(session, run_id, caller)).model_dump(mode="json")
        return json_response(body, 202, {"Location": f"/v1/imports/{run_id}", "Retry-After": "1"})

    return post_file


async def _reading(
    session: AsyncSession,
    kind: ImportKind,
    caller: Principal,
    mapping: str | None,
    date_format: DateFormat | None,
    charset: str | None,
) -> mappings.Reading:
    """How a file is to be read: what the request says stands above what the mapping says."""
    saved: dict[str, Any] = {}
    if mapping is not None:
        caller.refuse_bound("mapping")
        saved = (await get_mapping(session, kind.name, mapping)).document | {"mapping": mapping}
    said = {"date_format": date_format, "charset": charset}
    reading = mappings.Reading.model_validate(saved | {name: value for name, value in said.items() if value})
    return reading.check_fits(kind)


async def _store_file(
    request: Request,
    session: AsyncSession,
    kind: ImportKind,
    media_type: str,
    reading: mappings.Reading,
    run_id: UUID,
) -> bytes:
    """Keep the body as it streams in: what is answered 202 is in PostgreSQL. Returns its SHA-256."""
    digest = hashlib.sha256()
    buffer = bytearray()
    n = 0

    async def flush(*, is_last: bool) -> None:
        nonlocal n
        if n == 0:
            files.check_beginning(kind, media_type, reading, bytes(buffer), is_whole=is_last)
        digest.update(buffer)
        await session.execute(insert(tables.chunk).values(run_id=run_id, n=n, data=bytes(buffer)))
        n += 1
        buffer.clear()

    async for part in request.stream():
        if len(buffer) >= CHUNK_BYTES:
            await flush(is_last=False)
        buffer += part
    if buffer or n == 0:
        await flush(is_last=True)
    return digest.digest()


async def _read(session: AsyncSession, import_id: UUID, caller: Principal) -> ImportRun:
    row = (await session.execute(select(tables.run).where(tables.run.c.id == import_id))).one_or_none()
    if row is None:
        raise NotFound("No such import.")
    caller.see_only_own(row.supplier_id, "import")
    return ImportRun.model_validate(row, from_attributes=True)


def _describe(kind: ImportKind) -> str:
    optional = [name for name in kind.columns if name not in kind.required]
    return (
        f"Import {kind.name} from CSV (header row), NDJSON or XLSX. Columns: {', '.join(kind.required)}"
        + (f"; optional: {', '.join(optional)}" if optional else "")
        + f". A row is identified by {' + '.join(kind.key)}; one equal to the last with its key changes nothing. "
        "Good rows are kept; the others are listed with line and column under `errors`. "
        f"Text is {', '.join(encodings.NAMES)}, recognised where that is certain, else named as in "
        "`Content-Type: text/csv; charset=big5`."
    )
