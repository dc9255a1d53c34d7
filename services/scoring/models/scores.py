"""Scores, their history, who waits for a new one, and the policies by which they are made."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, SmallInteger, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class Policy(Base):
    """A version of the rules; a published one never changes."""

    __tablename__ = "policy"
    __table_args__ = (CheckConstraint("status IN ('draft', 'published', 'withdrawn')", name="status"),)

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    status: Mapped[str] = mapped_column(comment="a published one may be withdrawn before its day comes")
    valid_from: Mapped[date | None]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_by: Mapped[str]
    edition: Mapped[int] = mapped_column(server_default="1", comment="grows with each change of a draft")
    note: Mapped[str | None] = mapped_column(comment="why it is as it is")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]
    restores: Mapped[int | None] = mapped_column(comment="the version whose document a roll-back brought back")
    rescored_at: Mapped[datetime | None] = mapped_column(comment="everybody was ordered to be scored anew by it")
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]


class Scored:
    """A score: its digits, and the coordinates at which recomputing it gives the same digits for ever."""

    score: Mapped[float] = mapped_column(Float)
    base: Mapped[float] = mapped_column(Float)
    credit: Mapped[float] = mapped_column(Float)
    risk_tier: Mapped[str]
    tier_reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    basis: Mapped[str]
    confidence: Mapped[float] = mapped_column(Float)
    categories: Mapped[list[float]] = mapped_column(ARRAY(Float), comment="in the policy's order")
    policy_version: Mapped[int] = mapped_column(SmallInteger)
    as_of: Mapped[date] = mapped_column(comment="D")
    registry_pos: Mapped[int] = mapped_column(BigInteger)
    audit_pos: Mapped[int] = mapped_column(BigInteger)
    engagement_pos: Mapped[int] = mapped_column(BigInteger)
    scoring_pos: Mapped[int] = mapped_column(BigInteger)
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Score(Scored, Base):
    """The current score of a supplier."""

    __tablename__ = "score"
    __table_args__ = (
        CheckConstraint("risk_tier IN ('high', 'medium', 'low')", name="risk_tier"),
        Index("ix_score_risk_tier", "risk_tier", "supplier_id"),
        Index("ix_score_valid_until", "valid_until"),
    )

    supplier_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    valid_until: Mapped[date | None] = mapped_column(comment="the last day on which the same evidence gives this score")


class ScoreHistory(Scored, Base):
    """A score as it was computed; one row whenever evidence came or the digits changed."""

    __tablename__ = "score_history"
    __table_args__ = (Index("ix_score_history_supplier_id", "supplier_id", "id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    supplier_id: Mapped[UUID]
    score_version: Mapped[int]


class Dirty(Base):
    """A supplier whose score must be computed anew."""

    __tablename__ = "dirty"
    __table_args__ = (Index("ix_dirty_mark", "mark"),)

    supplier_id: Mapped[UUID] = mapped_column(primary_key=True)
    mark: Mapped[int] = mapped_column(BigInteger, server_default=text("nextval('dirty_mark')"))
    evidence: Mapped[bool] = mapped_column(comment="new evidence came; otherwise only time has passed")
    since: Mapped[datetime | None] = mapped_column(comment="when the oldest of it happened")
    trace: Mapped[str | None] = mapped_column(comment="traceparent of what brought it about")
    not_before: Mapped[datetime] = mapped_column(server_default=func.now(), comment="later, after a failed attempt")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    last_error: Mapped[str | None]


class Incomplete(Base):
    """A supplier about whom an event was parked."""

    __tablename__ = "incomplete"

    supplier_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    pos: Mapped[int] = mapped_column(BigInteger, primary_key=True)
