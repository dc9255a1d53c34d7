"""Recomputing many scores at once: all of them anew, or all of them against what is stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class Recalculation(Base):
    """An order to score every supplier anew; workers share it out chunk by chunk."""

    __tablename__ = "recalculation"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'succeeded', 'cancelled')", name="status"),
        Index("ix_recalculation_open", "id", postgresql_where=text("status IN ('queued', 'running')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str]
    total: Mapped[int] = mapped_column(BigInteger, comment="suppliers; 0 until it is cut into chunks")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(comment="when it was cut into chunks")
    finished_at: Mapped[datetime | None]


class RecalculationChunk(Base):
    """A range of suppliers of a recalculation, done in one transaction; the ranges leave no gap."""

    __tablename__ = "recalculation_chunk"
    __table_args__ = (
        Index("ix_recalculation_chunk_open", "recalculation_id", "n", postgresql_where=text("done_at IS NULL")),
    )

    recalculation_id: Mapped[UUID] = mapped_column(ForeignKey("recalculation.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_id: Mapped[UUID]
    last_id: Mapped[UUID]
    suppliers: Mapped[int]
    changed: Mapped[int | None] = mapped_column(comment="scores that came out otherwise")
    done_at: Mapped[datetime | None]


class Verification(Base):
    """Stored scores recomputed from the evidence at their coordinates, and how many came out otherwise: none must."""

    __tablename__ = "verification"
    __table_args__ = (
        CheckConstraint("scope IN ('all', 'current', 'sample')", name="scope"),
        CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed')", name="status"),
        CheckConstraint("looking_at IN ('score', 'score_history')", name="looking_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    scope: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]
    looking_at: Mapped[str] = mapped_column(comment="the table that is being gone through")
    after_id: Mapped[UUID | None] = mapped_column(comment="its last row that was looked at")
    total: Mapped[int | None] = mapped_column(BigInteger, comment="scores to look at, counted at the start")
    checked: Mapped[int] = mapped_column(BigInteger)
    drifted: Mapped[int] = mapped_column(BigInteger)
    drifts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="the first of them, stored and recomputed")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
