"""Running an import: batch by batch, each with its progress in one transaction, so that a crash loses nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from pydantic import ValidationError
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Actor
from shared.db import is_passing
from shared.errors import BellwetherError, Invalid
from shared.imports import progress, tables
from shared.imports.files import ImportedFile
from shared.imports.fitting import Line
from shared.imports.kinds import ImportKind, Row, RowError, Unchanged
from shared.imports.mappings import Reading
from shared.imports.remembering import Memory, secret_of
from shared.tasks import Lease
from shared.web.resources import Resources

BATCH = 1000
TASK_KIND = "import"

ROWS = Counter("bellwether_import_rows_total", "Rows of files taken in", ["service", "kind", "outcome"])

log = structlog.get_logger()


@dataclass(slots=True)
class Batch:
    """A stretch of a file: its rows by key, and the lines that do not have the columns' types."""

    records: int = 0
    rows: list[tuple[str, dict[str, str], Row[Any]]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    lines: dict[int, Line] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """An import under way: whose it is, and how its file is read and remembered."""

    id: UUID
    kind: ImportKind
    actor: Actor
    file: ImportedFile
    memory: Memory

    def in_the_files_words(self, batch: Batch, errors: Iterable[RowError]) -> list[RowError]:
        """Errors as they are shown."""
        return self.file.fitting.in_the_files_words(errors, batch.lines)


async def run_import(resources: Resources, kinds: Mapping[str, ImportKind], lease: Lease) -> None:
    """Take the file of the task's run in, from where an earlier attempt stopped."""
    run_id = UUID(lease.payload["run_id"])
    async with resources.database.snapshot() as session:
        held = (await session.execute(select(tables.run).where(tables.run.c.id == run_id))).one()
        chunks = select(tables.chunk.c.data).where(tables.chunk.c.run_id == run_id).order_by(tables.chunk.c.n)
        data = b"".join((await session.execute(chunks)).scalars())
    kind = kinds[held.kind]
    try:
        file = ImportedFile(kind, held.media_type, Reading.model_validate(held.reading), data)
        total = file.count()
    except Invalid as error:
        async with resources.database.transaction() as session:
            await progress.end_run(session, lease, run_id, status="failed", error=error.detail)
        return
    actor = Actor(held.sub, held.client_id, held.person, supplier_id=held.supplier_id)
    run = Run(run_id, kind, actor, file, Memory(kind, secret_of(resources.cursor_key), held.supplier_id))
    async with resources.database.transaction() as session:
        await lease.extend(session)
        begun = {"status": "running", "total": total, "encoding": file.encoding.name if file.encoding else None}
        await session.execute(update(tables.run).where(tables.run.c.id == run_id).values(**begun))
    lines = islice(file.lines(), held.processed, None)
    if held.dry_run:
        await _rehearse(resources, lease, run, lines)
    else:
        for batch in _batches(run, lines):
            await _prepare(resources, kind, batch)
            async with resources.database.transaction() as session:
                await lease.extend(session, has_advanced=True)  # as this batch is, if the worker lives to commit it
                outcome = await _take_in(session, run, batch)
                await _note(session, run, batch, outcome)
            _count(resources.settings.service, kind.name, batch, outcome)
            resources.ring(changed=session.info.get("rings", False), work=session.info.get("work", False))
        if kind.check is not None:
            whole = list(_batches(run, file.lines()))
            async with resources.database.transaction() as session:
                await _note_wrong_together(session, run, whole)
                await progress.end_run(session, lease, run_id)
            return
    async with resources.database.transaction() as session:
        await progress.end_run(session, lease, run_id)


async def _rehearse(resources: Resources, lease: Lease, run: Run, lines: Iterator[Line]) -> None:
    """Do everything in one transaction, keep what was learnt, undo the rest."""
    batches = list(_batches(run, lines))
    for batch in batches:  # before the transaction: no lock is held while another service is asked
        await _prepare(resources, run.kind, batch)
    outcomes: list[tuple[Batch, Outcome]] = []
    wrong: Sequence[RowError] = ()
    async with resources.database.sessions() as session:
        for batch in batches:
            outcomes.append((batch, await _take_in(session, run, batch)))
            async with resources.database.transaction() as holding:
                await lease.extend(holding)
        if run.kind.check is not None:
            wrong = await run.kind.check(session, _rows_of(batches))
        await session.rollback()
    async with resources.database.transaction() as session:
        await lease.extend(session)
        for batch, outcome in outcomes:
            await _note(session, run, batch, outcome)
        await progress.note_wrong_together(session, run.id, run.in_the_files_words(Batch(), wrong))


async def _note(session: AsyncSession, run: Run, batch: Batch, outcome: "Outcome") -> None:
    failed = len({error.line for error in outcome.errors})
    errors = run.in_the_files_words(batch, outcome.errors)
    await progress.note_progress(session, run.id, batch.records, outcome.unchanged, failed, errors)


def _count(service: str, kind: str, batch: Batch, outcome: "Outcome") -> None:
    failed = len({error.line for error in outcome.errors})
    for result, number in (
        ("changed", batch.records - failed - outcome.unchanged), ("unchanged", outcome.unchanged), ("failed", failed),
    ):  # fmt: skip
        ROWS.labels(service, kind, result).inc(number)


async def _note_wrong_together(session: AsyncSession, run: Run, batches: Iterable[Batch]) -> None:
    assert run.kind.check is not None  # noqa: S101  # asked for where there is one
    wrong = await run.kind.check(session, _rows_of(batches))
    await progress.note_wrong_together(session, run.id, run.in_the_files_words(Batch(), wrong))


def _rows_of(batches: Iterable[Batch]) -> list[Row[Any]]:
    return [row for batch in batches for _, _, row in batch.rows]


def _batches(run: Run, lines: Iterable[Line]) -> Iterator[Batch]:
    """Stretches of at most `BATCH` rows in which no key comes twice."""
    batch = Batch()
    seen: set[str] = set()
    for line in lines:
        row_or_errors = _parse(run.kind, line)
        key = run.memory.key_of(line.values)
        if batch.records >= BATCH or (key in seen and isinstance(row_or_errors, Row)):
            yield batch
            batch, seen = Batch(), set()
        batch.records += 1
        batch.lines[line.place] = line
        if isinstance(row_or_errors, Row):
            batch.rows.append((key, run.memory.to_keep(line.values), row_or_errors))
            seen.add(key)
        else:
            batch.errors.extend(row_or_errors)
    if batch.records:
        yield batch


def _parse(kind: ImportKind, line: Line) -> Row[Any] | list[RowError]:
    if line.errors:
        return line.errors
    given = {name: value for name, value in line.values.items() if value}
    try:
        data = kind.row.model_validate(given)
    except ValidationError as error:
        return [
            RowError(line.place, str(item["loc"][0]) if item["loc"] else "", _message(item["msg"], item["type"]))
            for item in error.errors()
        ]
    return Row(line.place, data, frozenset(given), is_new=True)


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


async def _take_in(session: AsyncSession, run: Run, batch: Batch) -> Outcome:
    """Apply the rows that differ from the last ones with their keys, and remember them."""
    outcome = Outcome(errors=list(batch.errors))
    # Two files of one kind never interleave inside a batch, so what was remembered stays true until the commit.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.import.' || :kind))"),
        {"kind": run.kind.name},
    )
    known = await run.memory.recall(session, [key for key, _, _ in batch.rows])
    rows: list[Row[Any]] = []
    merged: dict[int, tuple[str, dict[str, str]]] = {}
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
        merged[row.line] = key, {**(before or {}), **values}
    for said in await _apply(session, run, rows):
        if isinstance(said, Unchanged):
            outcome.unchanged += 1
        else:
            outcome.errors.append(said)
    refused = {error.line for error in outcome.errors}
    await run.memory.keep(session, dict(merged[row.line] for row in rows if row.line not in refused))
    return outcome


async def _apply(session: AsyncSession, run: Run, rows: Sequence[Row[Any]]) -> list[RowError | Unchanged]:
    """Apply a batch as a whole, or, where that fails unexpectedly, row by row: one bad row costs no good one."""
    if not rows:
        return []
    kind = run.kind
    try:
        async with session.begin_nested():
            return list(await kind.apply(session, run.actor, rows))
    except Exception as error:
        if is_passing(error):
            raise
        log.warning("a batch was not applied as a whole, trying row by row", kind=kind.name, error=repr(error))
    said: list[RowError | Unchanged] = []
    for row in rows:
        try:
            async with session.begin_nested():
                said.extend(await kind.apply(session, run.actor, [row]))
        except BellwetherError as error:
            said.append(RowError(row.line, "", error.detail))
        except Exception as error:
            if is_passing(error):
                raise
            said.append(RowError(row.line, "", "This row cannot be stored beside what is there."))
            log.exception("row not applied", kind=kind.name, line=row.line)
    return said


async def give_up_import(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the run of a dead task."""
    await progress.give_up_run(session, UUID(payload["run_id"]))
