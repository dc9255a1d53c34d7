"""Tiers that people set beside the computed ones."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class TierOverride(Base):
    """A person's word on a supplier's risk tier, for a stated time; it shows beside the computed one."""

    __tablename__ = "tier_override"
    __table_args__ = (
        CheckConstraint("risk_tier IN ('high', 'medium', 'low')", name="risk_tier"),
        CheckConstraint("valid_until >= valid_from", name="valid_until"),
        Index("ix_tier_override_supplier_id", "supplier_id", "valid_from"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    supplier_id: Mapped[UUID]
    risk_tier: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date] = mapped_column(comment="its last day")
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
