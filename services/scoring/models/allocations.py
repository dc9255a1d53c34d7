"""Order allocations: what was recommended, decided and realised, and the runs that made them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.scoring.models.base import Base
from services.scoring.models.sourcing import GIVEN_SHARE

SHARE = Numeric(9, 6)


class AllocationRun(Base):
    """One computation over all commodities of a quarter's sourcing."""

    __tablename__ = "allocation_run"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'succeeded', 'partially_succeeded', 'failed')", name="status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    qbr_quarter: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    status: Mapped[str]
    error: Mapped[str | None]
    total: Mapped[int | None]
    proposed: Mapped[int]
    infeasible: Mapped[int]
    failed: Mapped[int]
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    unknown_suppliers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class Allocation(Base):
    """How the orders of one commodity should be shared out.

    `version` counts the changes of status, each of which is one event of the feed; what is realised has a version and
    events of its own, so that reporting it moves no allocation in the order in which the ERP reads.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint(
            "status IN ('proposed', 'override_pending', 'approved', 'overridden', 'superseded')", name="status"
        ),
        Index(
            "uq_allocation_live",
            "qbr_quarter",
            "commodity",
            unique=True,
            postgresql_where=text("status IN ('approved', 'overridden')"),
        ),
        Index(
            "uq_allocation_proposed",
            "qbr_quarter",
            "commodity",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'override_pending')"),
        ),
        Index("ix_allocation_qbr_quarter", "qbr_quarter", "commodity"),
        Index("ix_allocation_run_id", "run_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    realised_version: Mapped[int]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("allocation_run.id"))
    qbr_quarter: Mapped[str]
    qbr_revision: Mapped[int]
    commodity: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    supersedes: Mapped[UUID | None] = mapped_column(ForeignKey("allocation.id"))
    status: Mapped[str]
    infeasible: Mapped[bool]
    relaxed: Mapped[list[str]] = mapped_column(ARRAY(Text))
    unallocated_share: Mapped[Decimal] = mapped_column(SHARE)
    overcommitted_share: Mapped[Decimal] = mapped_column(Numeric(12, 6))
    lambda_: Mapped[float | None] = mapped_column("lambda", Float)
    average_score: Mapped[float | None] = mapped_column(Float)
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(comment="of an override")
    overridden_by: Mapped[str | None] = mapped_column(comment="who wants other shares; above a limit a second decides")
    policy_version: Mapped[int | None] = mapped_column(comment="whose constants it was computed with")
    limits: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default="{}", comment="the commodity's limits of concentration, and which could not be kept"
    )

    lines: Mapped[list["AllocationLine"]] = relationship(lazy="selectin", order_by="AllocationLine.supplier_code")


class AllocationLine(Base):
    """One supplier's part; shares are parts of 1."""

    __tablename__ = "allocation_line"

    allocation_id: Mapped[UUID] = mapped_column(ForeignKey("allocation.id"), primary_key=True)
    supplier_code: Mapped[str] = mapped_column(primary_key=True)
    supplier_id: Mapped[UUID | None] = mapped_column(comment="null: the registry does not know this code")
    baseline_share: Mapped[Decimal] = mapped_column(SHARE)
    recommended_share: Mapped[Decimal | None] = mapped_column(SHARE, comment="null: infeasible")
    overridden_share: Mapped[Decimal | None] = mapped_column(SHARE)
    realised_share: Mapped[Decimal | None] = mapped_column(SHARE)
    qbr_total: Mapped[float | None] = mapped_column(Float)
    grade: Mapped[str]
    multiplier: Mapped[float] = mapped_column(Float)
    risk_tier: Mapped[str | None]
    basis: Mapped[str | None]
    capacity_share: Mapped[Decimal | None] = mapped_column(GIVEN_SHARE)
    max_share: Mapped[Decimal | None] = mapped_column(GIVEN_SHARE)
    min_share: Mapped[Decimal | None] = mapped_column(GIVEN_SHARE)
    lower_share: Mapped[Decimal | None] = mapped_column(SHARE, comment="the bounds as relaxed, rounded; at most 1")
    upper_share: Mapped[Decimal | None] = mapped_column(SHARE)
    blocked: Mapped[bool]
    bound: Mapped[str]
    effects: Mapped[dict[str, str] | None] = mapped_column(JSONB, comment="decimals as text; they add up to the delta")
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
