"""Many rows in one statement, as one JSON parameter."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Table, Text, TextClause, column, func, literal, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSON, Insert, dialect, insert
from sqlalchemy.ext.asyncio import AsyncSession

POSTGRES = dialect()  # type: ignore[no-untyped-call]

Rows = tuple[Table, Sequence[Mapping[str, Any]]]
"""Rows of a table."""


def insert_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> Insert:
    """One INSERT of many rows that all have the same columns, none of them binary.

    They travel as a single JSON parameter: many times cheaper, in this process, than a set of parameters per row.
    """
    names = list(rows[0])
    document = orjson.dumps(rows, default=str).decode()
    given = (
        func.json_to_recordset(sql_cast(literal(document, Text), JSON))
        .table_valued(*[column(name, table.c[name].type) for name in names], name="given")
        .render_derived(with_types=True)
    )
    return insert(table).from_select(names, select(*[given.c[name] for name in names]))


async def write_rows(session: AsyncSession, *given: Rows) -> None:
    """New rows of one or several tables in one statement; all of a table's have the same columns, none of them binary.

    They travel as in `insert_rows`. The statement is put together once for each set of columns: to have SQLAlchemy do
    that each time cost half of writing a row.
    """
    filled = [(table, rows) for table, rows in given if rows]
    if filled:
        statement = _writing(tuple((table, tuple(rows[0])) for table, rows in filled))
        documents = {f"rows_{n}": orjson.dumps(rows, default=str).decode() for n, (_, rows) in enumerate(filled)}
        await session.execute(statement, documents)


@lru_cache(maxsize=256)
def _writing(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> TextClause:
    inserts = [_insert(n, table, names) for n, (table, names) in enumerate(shape)]
    before = ", ".join(f"written_{n} AS ({insert})" for n, insert in enumerate(inserts[:-1]))
    return text(f"WITH {before} {inserts[-1]}" if before else inserts[-1])


def _insert(n: int, table: Table, names: Sequence[str]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    types = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=POSTGRES)}' for name in names)
    given = f"json_to_recordset(CAST(:rows_{n} AS json)) AS given({types})"
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM {given}'  # noqa: S608  # names of our tables
