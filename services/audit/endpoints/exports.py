"""Lists as files: all rows that the same filters give, as CSV or XLSX, where the caller's Accept asks for one."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Receive, Scope, Send

from services.audit.service.today import today
from shared.errors import TooLarge
from shared.sheets import CSV, XLSX, Cell, Workbook, csv_block, csv_head, workbook
from shared.web.resources import Resources

MOST_IN_WORKBOOK = 100_000
ROWS_AT_ONCE = 500
ENDINGS = {CSV: "csv", XLSX: "xlsx"}
OFFERS = {"application/json": None, "*/*": None, "application/*": None, CSV: CSV, "text/*": CSV, XLSX: XLSX}

AS_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV: {"schema": {"type": "string"}}, XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}
"""For the description of a route that also answers in these media types."""


def wanted_file(request: Request) -> str | None:
    """The media type of the file that the caller prefers to JSON, or None, also where nothing here fits."""
    best, weight = None, 0.0
    for part in ",".join(request.headers.getlist("accept")).split(","):
        name, *parameters = [piece.strip().lower() for piece in part.split(";")]
        given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        quality = float(given) if given.replace(".", "", 1).isdecimal() else 0.0
        if name in OFFERS and quality > weight:
            best, weight = OFFERS[name], quality
    return best


WantedFile = Annotated[str | None, Depends(wanted_file)]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file is called, its columns, and how some rows of the query become what the API shows of them.

    `show` may read more from the same snapshot; its answers have the columns as keys or as attributes.
    """

    name: str
    header: Sequence[str]
    show: Callable[[AsyncSession, Sequence[Any]], Awaitable[Sequence[Any]]]

    async def cells(self, session: AsyncSession, rows: Sequence[Any]) -> list[list[Cell]]:
        """These rows as cells."""
        return [self.cells_of(shown) for shown in await self.show(session, rows)]

    def cells_of(self, shown: Any) -> list[Cell]:
        """What is shown of a row, as cells."""
        if isinstance(shown, Mapping):
            return [cell(shown.get(name)) for name in self.header]
        return [cell(getattr(shown, name)) for name in self.header]


def cell(value: Any) -> Cell:
    """A field of an answer as one cell: lists joined by vertical bars, whatever has parts as JSON."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "|".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, default=str, ensure_ascii=False)
    if hasattr(value, "model_dump"):
        return json.dumps(value.model_dump(mode="json"), ensure_ascii=False)
    known: Cell = str(value) if isinstance(value, UUID) else value
    return known


async def export(
    resources: Resources,
    media_type: str,
    table: Table,
    query: Select[*tuple[Any, ...]],
    *,
    most_in_workbook: int = MOST_IN_WORKBOOK,
) -> Response:
    """All rows of `query`, which orders them, from one snapshot. TooLarge where a workbook would be too long.

    A CSV leaves while it is read. Whatever fails before its first row is an ordinary error; later the connection is cut
    off, so that nobody takes half a file for a whole one.
    """
    if media_type == XLSX:
        return _file(media_type, table.name, await _whole_workbook(resources, table, query, most_in_workbook))
    blocks = _csv_blocks(resources, table, query)
    first = await anext(blocks)
    return Streamed(_with_first(first, blocks), media_type=CSV, headers=_headers(media_type, table.name))


class Streamed(StreamingResponse):
    """A stream that lets go of what it reads from at once, also when the reader goes away."""

    body_iterator: AsyncGenerator[bytes, None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.body_iterator.aclose()


async def _with_first(first: bytes, blocks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(blocks):
        yield first
        async for block in blocks:
            yield block


async def small_file(
    media_type: str, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], *, etag: str
) -> Response:
    """Rows that are at hand, as a file."""
    if media_type == CSV:
        content = csv_head(header) + csv_block(rows)
    else:
        content = await asyncio.to_thread(workbook, name, header, rows)
    return _file(media_type, name, content, etag)


async def _csv_blocks(
    resources: Resources, table: Table, query: Select[*tuple[Any, ...]]
) -> AsyncGenerator[bytes, None]:
    async with resources.database.snapshot() as session:
        rows = await session.stream(query, execution_options={"yield_per": ROWS_AT_ONCE})
        head = csv_head(table.header)
        async for part in rows.partitions():
            yield head + csv_block(await table.cells(session, part))
            head = b""
        if head:
            yield head


async def _whole_workbook(resources: Resources, table: Table, query: Select[*tuple[Any, ...]], most: int) -> bytes:
    async with resources.database.snapshot() as session:
        some = query.order_by(None).limit(most + 1).subquery()
        found = (await session.execute(select(func.count()).select_from(some))).scalar_one()
        if found > most:
            raise TooLarge(
                f"A workbook takes at most {most} rows: filter the list, or ask for {CSV}.",
                code="export-too-large",
            )
        with Workbook(table.name, table.header) as book:
            rows = await session.stream(query, execution_options={"yield_per": ROWS_AT_ONCE})
            async for part in rows.partitions():
                await asyncio.to_thread(book.add_rows, await table.cells(session, part))
            return await asyncio.to_thread(book.close)


def _headers(media_type: str, name: str) -> dict[str, str]:
    filename = f"{name}-{today().isoformat()}.{ENDINGS[media_type]}"
    return {"Content-Disposition": f'attachment; filename="{filename}"'}


def _file(media_type: str, name: str, content: bytes, etag: str | None = None) -> Response:
    headers = {**_headers(media_type, name), **({"ETag": etag} if etag else {})}
    return Response(content, media_type=media_type, headers=headers)
