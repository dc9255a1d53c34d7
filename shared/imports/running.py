"""Running an import: batch by batch, each with its progress in one transaction, so that a crash loses nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Actor
from shared.db import insert_rows, is_passing
from shared.errors import BellwetherError, Invalid
from shared.imports import files, progress, tables
from shared.imports.kinds import ImportKind, Row, RowError
from shared.tasks import Lease
from shared.web.resources import Resources

BATCH = 1000
TASK_KIND = "import"
KEY_SEPARATOR = "\x1f"

log = structlog.get_logger()


@dataclass(slots=True)
class Batch:
    """A stretch of a file: its rows by key, and the lines that do not have the columns' types."""

    records: int = 0
    rows: list[tuple[str, dict[str, str], Row[Any]]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


async def run_import(resources: Resources, kinds: Mapping[str, ImportKind], lease: Lease) -> None:
    """Take the file of the task's run in, from where an earlier attempt stopped."""
    run_id = UUID(lease.payload["run_id"])
    async with resources.database.snapshot() as session:
        run = (await session.execute(select(tables.run).where(tables.run.c.id == run_id))).one()
        chunks = select(tables.chunk.c.data).where(tables.chunk.c.run_id == run_id).order_by(tables.chunk.c.n)
        data = b"".join((await session.execute(chunks)).scalars())
    kind = kinds[run.kind]
    actor = Actor(run.sub, run.client_id, run.person)
    try:
        total = files.count_records(kind, run.media_type, data)
    except Invalid as error:
        async with resources.database.transaction() as session:
            await progress.end_run(session, lease, run_id, status="failed", error=error.detail)
        return
    async with resources.database.transaction() as session:
        await lease.extend(session)
        await session.execute(update(tables.run).where(tables.run.c.id == run_id).values(status="running", total=total))
    records = islice(files.read_records(kind, run.media_type, data), run.processed, None)
    if run.dry_run:
        await _rehearse(resources, lease, kind, actor, run_id, records)
    else:
        for batch in _batches(kind, records):
            await _prepare(resources, kind, batch)
            async with resources.database.transaction() as session:
                await lease.extend(session)
                outcome = await _take_in(session, kind, actor, batch)
                await progress.note_progress(session, run_id, batch.records, outcome.unchanged, outcome.errors)
            resources.ring(changed=session.info.get("rings", False), work=session.info.get("work", False))
        if kind.check is not None:
            whole = _batches(kind, files.read_records(kind, run.media_type, data))
            async with resources.database.transaction() as session:
                await progress.note_wrong_together(session, run_id, await kind.check(session, _rows_of(whole)))
                await progress.end_run(session, lease, run_id)
            return
    async with resources.database.transaction() as session:
        await progress.end_run(session, lease, run_id)


async def _rehearse(
    resources: Resources,
    lease: Lease,
    kind: ImportKind,
    actor: Actor,
    run_id: UUID,
    records: Iterator[files.Record],
) -> None:
    """Do everything in one transaction, keep what was learnt, undo the rest."""
    batches = list(_batches(kind, records))
    for batch in batches:  # before the transaction: no lock is held while another service is asked
        await _prepare(resources, kind, batch)
    outcomes: list[tuple[Batch, Outcome]] = []
    async with resources.database.sessions() as session:
        for batch in batches:
            outcomes.append((batch, await _take_in(session, kind, actor, batch)))
            async with resources.database.transaction() as holding:
                await lease.extend(holding)
        wrong = [] if kind.check is None else await kind.check(session, _rows_of(batches))
        await session.rollback()
    async with resources.database.transaction() as session:
        await lease.extend(session)
        for batch, outcome in outcomes:
            await progress.note_progress(session, run_id, batch.records, outcome.unchanged, outcome.errors)
        await progress.note_wrong_together(session, run_id, wrong)


def _rows_of(batches: Iterable[Batch]) -> list[Row[Any]]:
    return [row for batch in batches for _, _, row in batch.rows]


def _batches(kind: ImportKind, records: Iterator[files.Record]) -> Iterator[Batch]:
    """Stretches of at most `BATCH` records in which no key comes twice."""
    batch = Batch()
    seen: set[str] = set()
    for line, record in records:
        key, values, row_or_errors = _parse(kind, line, record)
        if batch.records >= BATCH or key in seen:
            yield batch
            batch, seen = Batch(), set()
        batch.records += 1
        if isinstance(row_or_errors, Row):
            batch.rows.append((key, values, row_or_errors))
            seen.add(key)
        else:
            batch.errors.extend(row_or_errors)
    if batch.records:
        yield batch


def _parse(
    kind: ImportKind, line: int, record: dict[str, str]
) -> tuple[str, dict[str, str], Row[Any] | list[RowError]]:
    if "" in record:
        return "", {}, [RowError(line, "", record[""])]
    unstorable = [RowError(line, name, "holds a NUL character") for name, value in record.items() if "\x00" in value]
    if unstorable:
        return "", {}, unstorable
    given = {name: value for name, value in record.items() if value}
    try:
        data = kind.row.model_validate(given)
    except ValidationError as error:
        problems = [
            RowError(line, str(item["loc"][0]) if item["loc"] else "", _message(item["msg"], item["type"]))
            for item in error.errors()
        ]
        return "", {}, problems
    key = KEY_SEPARATOR.join(record.get(name, "") for name in kind.key)
    return key, record, Row(line, data, frozenset(given), is_new=True)


def _message(message: str, kind: str) -> str:
    return "a value is required" if kind == "missing" else message.removeprefix("Value error, ")


async def _prepare(resources: Resources, kind: ImportKind, batch: Batch) -> None:
    if kind.prepare is not None and batch.rows:
        await kind.prepare(resources, [row for _, _, row in batch.rows])


@dataclass(slots=True)
class Outcome:
    """What became of a batch's rows."""

    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


async def _take_in(session: AsyncSession, kind: ImportKind, actor: Actor, batch: Batch) -> Outcome:
    """Apply the rows that differ from the last ones with their keys, and remember them."""
    outcome = Outcome(errors=list(batch.errors))
    # Two files of one kind never interleave inside a batch, so what was remembered stays true until the commit.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.import.' || :kind))"),
        {"kind": kind.name},
    )
    known = await _remembered(session, kind, [key for key, _, _ in batch.rows])
    rows: list[Row[Any]] = []
    merged: dict[int, dict[str, str]] = {}
    keys: dict[int, str] = {}
    for key, values, row in batch.rows:
        before = known.get(key)
        if before is None:
            applied = row
        else:
            differing = frozenset(name for name, value in values.items() if before.get(name, "") != value)
            if not differing:
                outcome.unchanged += 1
                continue
            applied = Row(row.line, row.data, differing, is_new=False)
        rows.append(applied)
        keys[row.line] = key
        merged[row.line] = {**(before or {}), **values}
    outcome.errors.extend(await _apply(session, kind, actor, rows))
    refused = {error.line for error in outcome.errors}
    taken = [
        {"kind": kind.name, "key": keys[row.line], "values": merged[row.line]}
        for row in rows
        if row.line not in refused
    ]
    if taken:
        statement = insert_rows(tables.row, taken)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "key"], set_={"values": statement.excluded["values"]}
            )
        )
    return outcome


async def _remembered(session: AsyncSession, kind: ImportKind, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    found = select(tables.row.c.key, tables.row.c["values"].label("held")).where(
        tables.row.c.kind == kind.name, tables.row.c.key == func.any(list(keys))
    )
    return {row.key: row.held for row in await session.execute(found)}


async def _apply(session: AsyncSession, kind: ImportKind, actor: Actor, rows: Sequence[Row[Any]]) -> list[RowError]:
    """Apply a batch as a whole, or, where that fails unexpectedly, row by row: one bad row costs no good one."""
    if not rows:
        return []
    try:
        async with session.begin_nested():
            return list(await kind.apply(session, actor, rows))
    except Exception as error:
        if is_passing(error):
            raise
        log.warning("a batch was not applied as a whole, trying row by row", kind=kind.name, error=repr(error))
    errors: list[RowError] = []
    for row in rows:
        try:
            async with session.begin_nested():
                errors.extend(await kind.apply(session, actor, [row]))
        except BellwetherError as error:
            errors.append(RowError(row.line, "", error.detail))
        except Exception as error:
            if is_passing(error):
                raise
            errors.append(RowError(row.line, "", "This row cannot be stored beside what is there."))
            log.exception("row not applied", kind=kind.name, line=row.line)
    return errors


async def give_up_import(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the run of a dead task."""
    await progress.give_up_run(session, UUID(payload["run_id"]))
