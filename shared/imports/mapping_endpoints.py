"""`/v1/import-mappings`: ways of reading files, saved under a name and used again."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import journal
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.ids import new_id
from shared.imports import mappings, tables
from shared.imports.kinds import ImportKind
from shared.imports.mappings import MappingDocument
from shared.journal import Change
from shared.web.caller import scoped
from shared.web.etags import Expected, IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

# Checked by classes of Unicode, for which patterns have no words that all who read descriptions understand: \p is an
# error to some, and \w is ASCII alone to others. What is shown is exact within ASCII and leaves the rest to us.
MappingName = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        pattern=r"^[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_ .\-]*$",
        description="Letters, marks and numerals of any script, _, space, dot and hyphen; the last three not first",
        json_schema_extra={"pattern": r"^[^\x00-/:-@\[-\^`{-\x7f][^\x00-\x1f!-,/:-@\[-\^`{-\x7f]*$"},
        examples=["auditor-export"],
    ),
]
Endpoint = Callable[..., Coroutine[Any, Any, Any]]


class ImportMapping(BaseModel):
    """A saved way of reading files."""

    id: UUID
    version: int
    kind: str = Field(examples=["findings"])
    name: str = Field(examples=["auditor-export"])
    document: MappingDocument
    created_by: str = Field(description="Opaque id of who saved it first")
    updated_at: datetime


def mapping_router(kinds: Sequence[ImportKind], *, read_scope: str) -> APIRouter:
    """The routes of a service's mappings: for each kind reading and saving one, and the list of all."""
    router = new_router("/v1/import-mappings", "imports")

    @router.get("")
    async def list_import_mappings(
        session: Reading,
        caller: Annotated[Principal, scoped(read_scope)],
        pages: Pages,
        kind: Annotated[str | None, Query(description="Only those for files of this kind")] = None,
    ) -> Page[ImportMapping]:
        """List the saved mappings, by kind and name."""
        caller.refuse_bound("mapping")
        query = select(tables.mapping)
        if kind is not None:
            query = query.where(tables.mapping.c.kind == kind)
        rows, following = await pages.read(session, query, tables.mapping.c.kind, tables.mapping.c.name)
        return Page(items=[_view(row) for row in rows], next_cursor=following)

    for kind in kinds:
        path, what = f"/{kind.name}/{{name}}", kind.name.replace("-", "_")
        router.add_api_route(
            path, _get(kind), methods=["GET"], name=f"get_{what}_mapping", response_model=ImportMapping
        )
        router.add_api_route(
            path,
            _put(kind),
            methods=["PUT"],
            name=f"put_{what}_mapping",
            response_model=ImportMapping,
            responses={201: {"model": ImportMapping, "description": "It was created"}},
        )
    return router


async def get_mapping(session: AsyncSession, kind: str, name: str) -> Row[Any]:
    """The saved mapping of that name for files of that kind, or NotFound."""
    found = await _find(session, kind, name)
    if found is None:
        raise NotFound(f"There is no mapping {name!r} for {kind}.")
    return found


async def save_mapping(
    session: AsyncSession, caller: Principal, kind: ImportKind, name: str, expected: Expected, body: MappingDocument
) -> tuple[Row[Any], bool]:
    """The mapping with this document, and whether it is new; Invalid where it does not fit the kind's columns."""
    document = mappings.document_of(body.check_fits(kind))
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.import_mapping.' || :key, 0))")
    await session.execute(lock, {"key": f"{kind.name}/{name}"})
    held = await _find(session, kind.name, name)
    expected.check_upsert(held.version if held is not None else None)
    if held is not None and held.document == document:
        return held, False
    version = 1 if held is None else held.version + 1
    new = {"id": new_id(), "kind": kind.name, "name": name, "created_by": caller.sub}
    changed = {"document": document, "version": version, "updated_at": datetime.now(UTC)}
    saved = insert(tables.mapping).values(**new, **changed)
    await session.execute(saved.on_conflict_do_update(index_elements=["kind", "name"], set_=changed))
    stored = await get_mapping(session, kind.name, name)
    happened = "created" if held is None else "updated"
    before = {} if held is None else _state(held)
    change = Change(f"import_mapping.{happened}", stored.id, version, _state(stored), before)
    await journal.record(session, caller.actor, [change])
    return stored, held is None


def _get(kind: ImportKind) -> Endpoint:
    async def get_import_mapping(
        name: MappingName, session: Reading, caller: Annotated[Principal, scoped(kind.scope)], response: Response
    ) -> ImportMapping:
        """Read a saved mapping."""
        caller.refuse_bound("mapping")
        held = await get_mapping(session, kind.name, name)
        set_etag(response, held.version)
        return _view(held)

    return get_import_mapping


def _put(kind: ImportKind) -> Endpoint:
    async def put_import_mapping(
        name: MappingName,
        body: MappingDocument,
        expected: IfMatchWhereGiven,
        session: Transaction,
        caller: Annotated[Principal, scoped(kind.scope)],
        response: Response,
    ) -> ImportMapping:
        """Save how files of this kind are read. An equal one changes nothing; imports already posted keep theirs."""
        caller.refuse_bound("mapping")
        held, is_new = await save_mapping(session, caller, kind, name, expected, body)
        set_etag(response, held.version)
        if is_new:
            response.status_code = 201
            response.headers["Location"] = f"/v1/import-mappings/{kind.name}/{quote(name)}"
        return _view(held)

    return put_import_mapping


async def _find(session: AsyncSession, kind: str, name: str) -> Row[Any] | None:
    query = select(tables.mapping).where(tables.mapping.c.kind == kind, tables.mapping.c.name == name)
    return (await session.execute(query)).one_or_none()


def _view(row: Row[Any]) -> ImportMapping:
    return ImportMapping.model_validate(row, from_attributes=True)


def _state(row: Row[Any]) -> dict[str, Any]:
    return {"kind": row.kind, "name": row.name, "document": row.document}
