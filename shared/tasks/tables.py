"""The task table, and how work gets into it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tracing
from shared.db import new_metadata
from shared.ids import new_id

metadata = new_metadata()

task = Table(
    "task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column(
        "lease",
        Integer,
        nullable=False,
        server_default="0",
        comment="grows with each claim: fences off late workers",
    ),
    Column("locked_until", DateTime(timezone=True), comment="past this, the worker is taken for dead"),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    Column("trace", Text, comment="traceparent of the request that asked for it"),
    CheckConstraint("status IN ('queued', 'running', 'succeeded', 'dead')", name="status"),
    Index("ix_task_dead", "id", postgresql_where=text("status = 'dead'")),
    Index("ix_task_due", "next_attempt_at", postgresql_where=text("status IN ('queued', 'running')")),
)


async def enqueue(
    session: AsyncSession,
    kind: str,
    payload: Mapping[str, Any],
    *,
    at: datetime | None = None,
    task_id: UUID | None = None,
) -> UUID:
    """Have a worker do `kind` once the session's transaction is committed, not before `at`; returns the task's id."""
    session.info["work"] = True
    values: dict[str, Any] = {
        "id": task_id or new_id(),
        "kind": kind,
        "payload": dict(payload),
        "trace": tracing.current(),
    }
    if at is not None:
        values["next_attempt_at"] = at
    await session.execute(insert(task).values(values))
    return UUID(str(values["id"]))


async def bury(session: AsyncSession, kind: str, payload: Mapping[str, Any], error: str) -> None:
    """Note work that failed before it was anybody's task: a dead letter from the start, to be replayed like others."""
    values = {"id": new_id(), "kind": kind, "payload": dict(payload), "status": "dead", "last_error": error}
    await session.execute(insert(task).values(**values, finished_at=func.now()))
