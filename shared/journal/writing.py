"""Writing changes down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from shared import feed
from shared.auth.principal import Actor
from shared.db import Rows, new_metadata, write_rows
from shared.ids import new_id

metadata = new_metadata()

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("sub", Text, nullable=False, comment="who: opaque id of the person or machine"),
    Column("client_id", Text),
    Column("request_id", Text),
    Column("action", Text, nullable=False, comment="what, in the past tense: supplier.updated"),
    Column("resource_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changes", JSONB, nullable=False, comment="field -> [before, after]"),
    Index("ix_audit_log_resource_id", "resource_id", "id"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one resource.

    `type` is `resource.happened`; `state` is the resource's full new state, free of personal data, and goes to the
    feed; `before` is its state until now (empty for a new one), from which the audit log's line is made.
    `private` holds further changed fields for the audit log alone.
    """

    type: str
    resource_id: UUID
    version: int
    state: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)


async def record(session: AsyncSession, actor: Actor, changes: Sequence[Change], *, along: Sequence[Rows] = ()) -> None:
    """Write `changes` down in the session's transaction; whoever commits it rings the doorbell afterwards.

    `along` are rows that the changes consist of, written by the same statement.
    """
    if not changes:
        assert not any(rows for _, rows in along), "rows come of changes"  # noqa: S101
        return
    now = datetime.now(UTC)
    events = [feed.NewEvent(change.type, change.resource_id, change.version, change.state) for change in changes]
    rows = feed.rows_of(session, events, now)
    await write_rows(session, *along, (feed.event, rows), (audit_log, _lines(actor, changes, now)))


async def note(session: AsyncSession, actor: Actor, changes: Sequence[Change]) -> None:
    """Write `changes` down in the audit log alone: what concerns a person, and nobody has to follow."""
    if changes:
        await write_rows(session, (audit_log, _lines(actor, changes, datetime.now(UTC))))


def _lines(actor: Actor, changes: Sequence[Change], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "at": now,
            "sub": actor.sub,
            "client_id": actor.client_id,
            "request_id": actor.request_id,
            "action": change.type,
            "resource_id": change.resource_id,
            "version": change.version,
            "changes": differences(change.before, change.state) | dict(change.private),
        }
        for change in changes
    ]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The fields that differ, each with its value before (None for a new one) and after."""
    if not before:
        return {name: [None, value] for name, value in after.items() if value is not None}
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
