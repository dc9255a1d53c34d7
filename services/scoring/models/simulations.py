"""What policies would have come to: computed beside the real scores, which they never touch."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class Simulation(Base):
    """Policies held against a baseline on the last days of quarters, over the whole population."""

    __tablename__ = "simulation"
    __table_args__ = (CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed')", name="status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    policies: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="versions that are tried")
    baseline: Mapped[int | None] = mapped_column(comment="version held against; null: the one in force on the day")
    days: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="quarters such as 2026Q3, or one day")
    status: Mapped[str]
    error: Mapped[str | None]
    total: Mapped[int | None] = mapped_column(comment="suppliers, times days")
    done: Mapped[int]
    progress: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="where the next chunk begins, and what has been counted of its day"
    )
    result: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="one entry per day and policy")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class SimulatedChange(Base):
    """A supplier whose tier or grade would be another."""

    __tablename__ = "simulated_change"
    __table_args__ = (Index("ix_simulated_change_supplier_id", "supplier_id"),)

    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("simulation.id"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    policy_version: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[UUID] = mapped_column(primary_key=True)
    supplier_code: Mapped[str]
    score_before: Mapped[float] = mapped_column(Float)
    score_after: Mapped[float] = mapped_column(Float)
    tier_before: Mapped[str]
    tier_after: Mapped[str]
    grade_before: Mapped[str | None]
    grade_after: Mapped[str | None]
