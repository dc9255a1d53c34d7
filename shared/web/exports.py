"""Lists as files: all rows that the same filters give, as CSV or XLSX, where the caller's Accept asks for one."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Receive, Scope, Send

from shared.errors import TooLarge
from shared.sheets import CSV, XLSX, Cell, Workbook, csv_block, csv_head, workbook
from shared.web.accepting import find_preferred_type
from shared.web.resources import Resources

MOST_IN_WORKBOOK = 100_000
ROWS_AT_ONCE = 500
JSON = "application/json"
ENDINGS = {CSV: "csv", XLSX: "xlsx"}

AS_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV: {"schema": {"type": "string"}}, XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}
"""For the description of a route that also answers in these media types."""


async def wanted_file(request: Request) -> str | None:
    """The media type of the file that the caller prefers to JSON, or None, also where nothing here fits."""
    preferred = find_preferred_type(request, (JSON, *ENDINGS))
    return None if preferred == JSON else preferred


WantedFile = Annotated[str | None, Depends(wanted_file)]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file is called, its columns, the query that gives its rows in order, and how some of them become cells.

    `cells` may read more from the snapshot that the rows are from.
    """

    name: str
    header: Sequence[str]
    query: Select[*tuple[Any, ...]]
    cells: Callable[[AsyncSession, Sequence[Any]], Awaitable[Sequence[Sequence[Cell]]]]


class Streamed(StreamingResponse):
    """A stream that lets go of what it reads from at once, also when the reader goes away."""

    body_iterator: AsyncGenerator[bytes, None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.body_iterator.aclose()


async def export(
    resources: Resources, media_type: str, table: Table, *, most_in_workbook: int = MOST_IN_WORKBOOK
) -> Response:
    """All rows of the table, from one snapshot. TooLarge where a workbook would be too long.

    A CSV leaves while it is read. Whatever fails before its first row is an ordinary error; later the connection is cut
    off, so that nobody takes half a file for a whole one.
    """
    headers = attachment(table.name, media_type)
    if media_type == XLSX:
        content = await _whole_workbook(resources, table, most_in_workbook)
        return Response(content, media_type=media_type, headers=headers)
    blocks = _csv_blocks(resources, table)
    first = await anext(blocks)
    return Streamed(_with_first(first, blocks), media_type=media_type, headers=headers)


async def small_file(
    media_type: str, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], *, etag: str
) -> Response:
    """Rows that are at hand, as a file."""
    if media_type == CSV:
        content = csv_head(header) + csv_block(rows)
    else:
        content = await asyncio.to_thread(workbook, name, header, rows)
    return Response(content, media_type=media_type, headers={**attachment(name, media_type), "ETag": etag})


def attachment(name: str, media_type: str) -> dict[str, str]:
    """The header by which browsers keep an answer as a file of this name."""
    return {"Content-Disposition": f'attachment; filename="{name}.{ENDINGS[media_type]}"'}


async def _with_first(first: bytes, blocks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(blocks):
        yield first
        async for block in blocks:
            yield block


async def _csv_blocks(resources: Resources, table: Table) -> AsyncGenerator[bytes, None]:
    async with resources.database.snapshot() as session:
        rows = await session.stream(table.query, execution_options={"yield_per": ROWS_AT_ONCE})
        head = csv_head(table.header)
        async for part in rows.partitions():
            yield head + csv_block(await table.cells(session, part))
            head = b""
        if head:
            yield head


async def _whole_workbook(resources: Resources, table: Table, most: int) -> bytes:
    async with resources.database.snapshot() as session:
        some = table.query.order_by(None).limit(most + 1).subquery()
        found = (await session.execute(select(func.count()).select_from(some))).scalar_one()
        if found > most:
            raise TooLarge(
                f"A workbook takes at most {most} rows: filter the list, or ask for {CSV}.", code="export-too-large"
            )
        with Workbook(table.name, table.header) as book:
            rows = await session.stream(table.query, execution_options={"yield_per": ROWS_AT_ONCE})
            async for part in rows.partitions():
                await asyncio.to_thread(book.add_rows, await table.cells(session, part))
            return await asyncio.to_thread(book.close)
