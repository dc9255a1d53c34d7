"""Quarterly business reviews, their scorecards, and the actions that follow."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class Qbr(Base):
    """A revision of a quarter's review; a published one never changes.

    `version` goes on counting through the revisions of a quarter, so that an ETag names one state of one revision.
    """

    __tablename__ = "qbr"
    __table_args__ = (
        UniqueConstraint("quarter", "revision"),
        CheckConstraint("status IN ('computing', 'draft', 'published', 'failed')", name="status"),
        Index("uq_qbr_unpublished", "quarter", unique=True, postgresql_where=text("status <> 'published'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    quarter: Mapped[str]
    revision: Mapped[int]
    status: Mapped[str]
    error: Mapped[str | None]
    policy_version: Mapped[int | None]
    unknown_suppliers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    dropped_suppliers: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="in the revision before, no more in this")
    grades: Mapped[dict[str, int]] = mapped_column(JSONB, comment="grade -> how many suppliers")
    warnings: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="what is odd about how the grades are spread"
    )
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    computed_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]


class Scorecard(Base):
    """A supplier's result in a review, with the standing that it rests on, frozen."""

    __tablename__ = "scorecard"
    __table_args__ = (
        UniqueConstraint("qbr_id", "rank"),
        Index("ix_scorecard_supplier_id", "supplier_id", "qbr_id"),
    )

    qbr_id: Mapped[UUID] = mapped_column(ForeignKey("qbr.id"), primary_key=True)
    supplier_id: Mapped[UUID] = mapped_column(primary_key=True)
    supplier_code: Mapped[str]
    name: Mapped[str]
    rank: Mapped[int] = mapped_column(comment="1 is the best total; those without one come last")
    quality: Mapped[float | None] = mapped_column(Float)
    cost: Mapped[float | None] = mapped_column(Float)
    delivery: Mapped[float | None] = mapped_column(Float)
    service: Mapped[float | None] = mapped_column(Float)
    sustainability: Mapped[float | None] = mapped_column(Float)
    total: Mapped[float | None] = mapped_column(Float)
    coverage: Mapped[float] = mapped_column(Float)
    grade: Mapped[str]
    previous_grade: Mapped[str | None]
    previous: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the quarter before, as it was published when this was computed"
    )
    limits: Mapped[list[str]] = mapped_column(ARRAY(Text))
    consequence: Mapped[str]
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reasons: Mapped[dict[str, list[str]]] = mapped_column(
        JSONB, server_default="{}", comment="consequence or action -> why, in words"
    )
    risk_tier: Mapped[str]
    basis: Mapped[str]
    priority_missed: Mapped[bool]
    standing: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSONB, comment="field -> [revision before, this one]")


class Action(Base):
    """Something that a published review asks somebody to do."""

    __tablename__ = "action"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
        Index(
            "uq_action_kind",
            "quarter",
            "supplier_id",
            "kind",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        Index("ix_action_supplier_id", "supplier_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    quarter: Mapped[str]
    revision: Mapped[int] = mapped_column(comment="of the review that first asked for it")
    supplier_id: Mapped[UUID]
    supplier_code: Mapped[str]
    kind: Mapped[str]
    owner_role: Mapped[str]
    owner: Mapped[str | None] = mapped_column(comment="opaque id of the person who sees it through")
    due_on: Mapped[date]
    first_due_on: Mapped[date | None] = mapped_column(comment="as it was on publication, where due_on was moved")
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", comment="why, in words")
    state: Mapped[str]
    note: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]


class QbrComment(Base):
    """What somebody said of a quarter's review, or of one supplier in it."""

    __tablename__ = "qbr_comment"
    __table_args__ = (Index("ix_qbr_comment_quarter", "quarter", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    quarter: Mapped[str]
    revision: Mapped[int] = mapped_column(comment="that was looked at")
    supplier_id: Mapped[UUID | None]
    comment: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    withdrawn_at: Mapped[datetime | None]
