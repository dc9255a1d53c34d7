"""Events as the other services' feeds would bring them, for tests of what scoring does with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import event as listen

from services.scoring.service import following, scoring
from shared.feed.following import Event, Follower
from shared.ids import new_id
from tests.stage import Stage


def supplier_event(pos: int, supplier_id: UUID, **changes: Any) -> Event:
    data = {
        "code": f"S{supplier_id}",
        "name": "Somebody",
        "country": None,
        "supply_tier": 2,
        "kind": "general",
        "status": "active",
        "annual_spend": None,
        "identifiers": [],
        "merged_into": None,
    }
    return Event(pos, "supplier.created", "supplier", supplier_id, {**data, **changes})


def finding_event(pos: int, supplier_id: UUID, finding_id: UUID | None = None, **changes: Any) -> Event:
    data = {
        "supplier_id": str(supplier_id),
        "standard": "RBA",
        "code_version": "8.0",
        "provision": "A3",
        "severity": "major",
        "site_code": None,
        "discovered_on": "2026-01-15",
        "due_on": "2026-09-12",
        "transitions": [],
    }
    return Event(pos, "finding.recorded", "finding", finding_id or new_id(), {**data, **changes})


async def take_in(stage: Stage, source: str, *events: Event) -> None:
    """Apply events in one transaction, as a page of the feed."""
    async with stage.resources("scoring").database.transaction() as session:
        await following.apply_events(session, source, events)


async def drain(stage: Stage, day: date) -> None:
    """Score whoever waits, for `day`."""
    while await scoring.drain(stage.resources("scoring").database, day):
        pass


class Feeds:
    """The other services' feeds, told in any order; scoring's cursors move with them, as they do for its workers."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._heads = dict.fromkeys(following.SOURCES, 0)
        self._epoch = new_id()

    async def tell(self, source: str, *events: Event) -> None:
        """Have scoring take in a page with these events; their places in the feed are the next ones."""
        after = self._heads[source]
        self._heads[source] += len(events)
        page = {
            "epoch": str(self._epoch),
            "events": [
                {"type": event.type, "subject": str(event.resource_id), "feedseq": seq, "data": event.data}
                for seq, event in enumerate(events, start=after + 1)
            ],
            "next": self._heads[source],
            "head": self._heads[source],
        }

        async def fetch(_source: str, _after: int, _epoch: UUID | None) -> dict[str, Any]:
            return page

        database = self._stage.resources("scoring").database
        follower = Follower(database, fetch, following.apply_events, following.note_incomplete)
        await follower.pull(source)


@contextmanager
def statements(stage: Stage) -> Iterator[list[str]]:
    """The statements that the scoring service runs in the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = stage.resources("scoring").database.engine.sync_engine
    listen.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        listen.remove(engine, "before_cursor_execute", note)
