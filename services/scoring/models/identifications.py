"""The annual risk identification: a frozen run over all suppliers of all supply tiers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class RiskIdentification(Base):
    """A year's run; a frozen one never changes, a correction is the next revision."""

    __tablename__ = "risk_identification"
    __table_args__ = (
        UniqueConstraint("year", "revision"),
        CheckConstraint("status IN ('computing', 'frozen', 'failed')", name="status"),
        Index("uq_risk_identification_open", "year", unique=True, postgresql_where=text("status <> 'frozen'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    year: Mapped[int]
    revision: Mapped[int]
    as_of: Mapped[date]
    status: Mapped[str]
    error: Mapped[str | None]
    policy_version: Mapped[int | None]
    known_at: Mapped[datetime | None] = mapped_column(comment="what was known then counts; null: not begun")
    registry_pos: Mapped[int | None] = mapped_column(BigInteger, comment="the feeds' positions at that moment")
    audit_pos: Mapped[int | None] = mapped_column(BigInteger)
    engagement_pos: Mapped[int | None] = mapped_column(BigInteger)
    scoring_pos: Mapped[int | None] = mapped_column(BigInteger)
    previous_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("risk_identification.id"), comment="the year before's run that previous_tier is of"
    )
    total: Mapped[int | None] = mapped_column(comment="suppliers to look at")
    done: Mapped[int] = mapped_column(comment="suppliers looked at")
    after_id: Mapped[UUID | None] = mapped_column(comment="the last of them")
    identified: Mapped[int]
    left_out: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="reason -> how many suppliers, and the first codes")
    tiers: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="tier -> how many suppliers")
    supply_tiers: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="supply tier -> tier -> how many suppliers")
    category_means: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="category -> mean over the suppliers")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    frozen_at: Mapped[datetime | None]


class IdentifiedRisk(Base):
    """A supplier in such a run: its risks, and what they ask for."""

    __tablename__ = "identified_risk"
    __table_args__ = (Index("ix_identified_risk_code", "identification_id", "supplier_code"),)

    identification_id: Mapped[UUID] = mapped_column(ForeignKey("risk_identification.id"), primary_key=True)
    supplier_id: Mapped[UUID] = mapped_column(primary_key=True)
    supplier_code: Mapped[str]
    name: Mapped[str]
    country: Mapped[str | None]
    supply_tier: Mapped[int | None]
    annual_spend: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str | None]
    risk_tier: Mapped[str]
    override_tier: Mapped[str | None] = mapped_column(comment="a person's word on that day, beside the computed one")
    score: Mapped[float] = mapped_column(Float)
    base: Mapped[float] = mapped_column(Float)
    categories: Mapped[dict[str, float]] = mapped_column(JSONB)
    tier_reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    basis: Mapped[str]
    confidence: Mapped[float] = mapped_column(Float)
    approach: Mapped[str]
    required_actions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    previous_tier: Mapped[str | None] = mapped_column(comment="in the year before, where there was a run")
