"""The producer's side of a feed: its tables, and how a change appends to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tracing
from shared.db import new_metadata, write_rows
from shared.ids import new_id

metadata = new_metadata()

event = Table(
    "feed_event",
    metadata,
    Column("id", Uuid, primary_key=True, comment="UUIDv7: the CloudEvent's id"),
    Column("feed_seq", BigInteger, comment="position, assigned by whoever reads; null until then"),
    Column("type", Text, nullable=False),
    Column("resource", Text, nullable=False, comment="the type up to its dot"),
    Column("resource_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("data", JSONB, nullable=False, comment="the resource's full new state"),
    Column("trace", Text, comment="traceparent of what brought it about"),
    Index("uq_feed_event_feed_seq", "feed_seq", unique=True),
    Index("ix_feed_event_unnumbered", "id", postgresql_where=text("feed_seq IS NULL")),
    Index("ix_feed_event_resource_id", "resource_id", "resource", "feed_seq"),
)

state = Table(
    "feed_state",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("epoch", Uuid, nullable=False, comment="another one after a restore: consumers then start over"),
    Column("head", BigInteger, nullable=False, server_default=text("0"), comment="the last number given"),
    CheckConstraint("singleton", name="one_row"),
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened to a resource: `type` is `resource.happened`, `state` its full new state.

    The state is told together with `version`, and so must not have one of its own: ValueError.
    """

    type: str
    resource_id: UUID
    version: int
    state: Mapping[str, Any]

    def __post_init__(self) -> None:
        if "version" in self.state:
            raise ValueError(f"{self.type} has a version of its own in its state")


async def append(session: AsyncSession, events: Sequence[NewEvent], now: datetime) -> None:
    """Write events in the session's transaction; they get their place in the feed when it is next read."""
    await write_rows(session, (event, rows_of(session, events, now)))


def rows_of(session: AsyncSession, events: Sequence[NewEvent], now: datetime) -> list[dict[str, Any]]:
    """The rows of events that the session is about to write."""
    if events:
        session.info["rings"] = True
    return [
        {
            "id": new_id(),
            "type": new.type,
            "resource": new.type.split(".", 1)[0],
            "resource_id": new.resource_id,
            "version": new.version,
            "time": now,
            "data": dict(new.state),
            "trace": tracing.current(),
        }
        for new in events
    ]
