"""Following another service's feed: a cursor that moves in the transaction of its effects."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, Column, DateTime, Table, Text, Uuid, func, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import http, tracing
from shared.db import Database, is_outage, is_passing, new_metadata

PAGE = 1000
MOST_TRACES_LOGGED = 20

log = structlog.get_logger()
metadata = new_metadata()

cursor = Table(
    "feed_cursor",
    metadata,
    Column("source", Text, primary_key=True),
    Column("epoch", Uuid, comment="the source's epoch that seq counts in"),
    Column("seq", BigInteger, nullable=False, server_default="0", comment="the source's position read up to"),
    Column(
        "base",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="added to seq, so that pos never falls",
    ),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

parked = Table(
    "feed_parked",
    metadata,
    Column("source", Text, primary_key=True),
    Column("pos", BigInteger, primary_key=True),
    Column("event", JSONB, nullable=False),
    Column("error", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a consumer keeps it: `pos` is its place among all that ever came from its source."""

    pos: int
    type: str
    resource: str
    resource_id: UUID
    data: dict[str, Any]
    time: datetime | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a source has been read."""

    epoch: UUID | None
    seq: int
    base: int

    @property
    def pos(self) -> int:
        """The position that copies made from this source carry; grows even when the source starts over."""
        return self.base + self.seq


class Lost(Exception):
    """Another worker moved the cursor first; what this one did is rolled back."""


class Apply(Protocol):
    """What a consumer does with a page of events, in the transaction that moves the cursor."""

    async def __call__(self, session: AsyncSession, source: str, events: Sequence[Event]) -> None: ...


class Park(Protocol):
    """What a consumer notes about an event that it cannot apply."""

    async def __call__(self, session: AsyncSession, source: str, event: Event) -> None: ...


Unreadable = tuple[dict[str, Any], Exception]
"""An event as it came, and why it cannot be read."""

FetchPage = Callable[[str, int, UUID | None], Awaitable[dict[str, Any]]]


class Follower:
    """Keeps a service's copies of other services' resources up to date."""

    def __init__(self, database: Database, fetch: FetchPage, apply: Apply, park: Park) -> None:
        """`fetch(source, after, epoch)` returns a page of that source's feed, or raises http.RequestFailed."""
        self._database = database
        self._fetch = fetch
        self._apply = apply
        self._park = park

    async def pull(self, source: str) -> bool:
        """Take one page of `source` in; True while there may be more."""
        held = await read_cursor(self._database, source)
        try:
            page = await self._fetch(source, held.seq, held.epoch)
        except http.RequestFailed as error:
            if error.status != HTTPStatus.GONE:
                raise
            await self._start_over(source, held)
            return True
        epoch = UUID(page["epoch"])
        if held.epoch is not None and epoch != held.epoch:
            await self._start_over(source, held)
            return True
        if page["next"] == held.seq and held.epoch is not None:
            return False
        events: list[Event] = []
        unreadable: list[Unreadable] = []
        for raw in page["events"]:
            try:
                events.append(read_event(raw, held.base))
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                unreadable.append((raw, error))
        traces = {tracing.trace_id_of(event.trace): event.trace for event in events if event.trace}
        try:
            with tracing.joining(traces.values(), f"take in {source}", is_worth_recording=bool(events)) as span:
                span.attributes["events"] = len(events)
                await self._take_in(source, held, epoch, page["next"], events, unreadable)
                log.info("events taken in", source=source, events=len(events), traces=list(traces)[:MOST_TRACES_LOGGED])
        except Lost:
            return True
        return bool(page["next"] < page["head"])

    async def _take_in(
        self,
        source: str,
        held: Cursor,
        epoch: UUID,
        after: int,
        events: Sequence[Event],
        unreadable: Sequence[Unreadable],
    ) -> None:
        try:
            async with self._database.transaction() as session:
                await move_cursor(session, source, held, epoch, after)
                for raw, error in unreadable:
                    await self._park_unreadable(session, source, held.base, raw, error)
                await self._apply(session, source, events)
        except Lost:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            log.exception(
                "a page of events was not applied as a whole, trying one by one",
                source=source,
                after=held.seq,
            )
            await self._take_in_singly(source, held, epoch, after, events, unreadable)

    async def _take_in_singly(
        self,
        source: str,
        held: Cursor,
        epoch: UUID,
        after: int,
        events: Sequence[Event],
        unreadable: Sequence[Unreadable],
    ) -> None:
        """Apply what can be applied; park the rest, so that one poison event holds nobody up."""
        async with self._database.transaction() as session:
            await move_cursor(session, source, held, epoch, after)
            for raw, error in unreadable:
                await self._park_unreadable(session, source, held.base, raw, error)
            for event in events:
                try:
                    async with session.begin_nested():
                        await self._apply(session, source, [event])
                except Exception as error:
                    if is_passing(error):
                        raise
                    await self._park_event(session, source, event, _as_json(event), error)

    async def _park_unreadable(
        self, session: AsyncSession, source: str, base: int, raw: dict[str, Any], error: Exception
    ) -> None:
        """As it came, for a release that can read it; whatever of it makes sense says whose evidence is missing."""
        type_, data = str(raw.get("type")), raw.get("data")
        subject = raw.get("subject")
        try:
            resource_id = UUID(str(subject))
        except ValueError:
            resource_id = UUID(int=0)
        known = data if isinstance(data, dict) else {}
        event = Event(base + int(raw["feedseq"]), type_, type_.split(".", 1)[0], resource_id, known)
        kept = {"type": type_, "resource_id": subject, "unreadable": raw}
        await self._park_event(session, source, event, kept, error)

    async def _park_event(
        self, session: AsyncSession, source: str, event: Event, kept: dict[str, Any], error: Exception
    ) -> None:
        log.error("event parked", source=source, pos=event.pos, type=event.type, exc_info=error)
        said = f"{type(error).__name__}: {error}"[:2000]
        values = {"source": source, "pos": event.pos, "event": kept, "error": said}
        await session.execute(upsert(parked).values(values).on_conflict_do_nothing())
        await self._park(session, source, event)

    async def _start_over(self, source: str, held: Cursor) -> None:
        log.warning("feed begins anew, reading it from the start", source=source)
        async with self._database.transaction() as session:
            await session.execute(
                update(cursor)
                .where(
                    cursor.c.source == source,
                    cursor.c.seq == held.seq,
                    cursor.c.epoch.is_not_distinct_from(held.epoch),
                )
                .values(epoch=None, seq=0, base=held.pos)
            )


async def read_cursor(database: Database, source: str) -> Cursor:
    """How far `source` has been read; its row is made where there is none."""
    async with database.transaction() as session:
        row = (await session.execute(select(cursor).where(cursor.c.source == source))).one_or_none()
        if row is None:
            await session.execute(upsert(cursor).values(source=source).on_conflict_do_nothing())
            return Cursor(None, 0, 0)
        return Cursor(row.epoch, row.seq, row.base)


async def move_cursor(session: AsyncSession, source: str, held: Cursor, epoch: UUID, after: int) -> None:
    """Compare-and-set; Lost where the cursor is no longer at `held`."""
    moved = await session.execute(
        update(cursor)
        .where(
            cursor.c.source == source,
            cursor.c.seq == held.seq,
            cursor.c.base == held.base,
            cursor.c.epoch.is_not_distinct_from(held.epoch),
        )
        .values(epoch=epoch, seq=after, moved_at=func.now())
        .returning(cursor.c.seq)
    )
    if moved.first() is None:
        raise Lost


async def keep_place(session: AsyncSession, source: str, ended: UUID, begun: UUID, head: int) -> None:
    """Let a cursor go on in a source's new epoch: both were restored from one moment, unless it lies beyond `head`."""
    of_that_moment = (cursor.c.source == source, cursor.c.epoch == ended, cursor.c.seq <= head)
    await session.execute(update(cursor).where(*of_that_moment).values(epoch=begun))


def read_event(raw: dict[str, Any], base: int) -> Event:
    """The event of a page; ValueError and the like where it makes no sense."""
    return Event(
        pos=base + int(raw["feedseq"]),
        type=str(raw["type"]),
        resource=str(raw["type"]).split(".", 1)[0],
        resource_id=UUID(raw["subject"]),
        data=raw["data"],
        time=_time_of(raw),
        trace=raw.get("traceparent"),
    )


def _time_of(raw: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(raw["time"]) if "time" in raw else None


def _as_json(event: Event) -> dict[str, Any]:
    return {"type": event.type, "resource_id": str(event.resource_id), "data": event.data}
