"""What support meetings treat: findings, why they arose, what helps, and what was promised."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


class TreatedFinding(Base):
    """A finding that a support meeting treats."""

    __tablename__ = "treated_finding"
    __table_args__ = (UniqueConstraint("event_id", "finding_id"), Index("ix_treated_finding_finding_id", "finding_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"))
    finding_id: Mapped[UUID]
    supplier_id: Mapped[UUID]
    root_cause: Mapped[str | None]
    best_practice: Mapped[str | None] = mapped_column(comment="what helped elsewhere or helps here")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Commitment(Base):
    """What a supplier promised in a meeting to do about a finding; the audit service follows it up."""

    __tablename__ = "commitment"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'kept', 'withdrawn')", name="status"),
        Index("ix_commitment_event_id", "event_id", "id"),
        Index("ix_commitment_supplier_id", "supplier_id", "due_on"),
        Index("ix_commitment_finding_id", "finding_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"))
    finding_id: Mapped[UUID]
    supplier_id: Mapped[UUID]
    what: Mapped[str]
    due_on: Mapped[date]
    status: Mapped[str] = mapped_column(comment="withdrawn here, or as the audit service last told it")
    kept_on: Mapped[date | None] = mapped_column(comment="as the audit service last told it")
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(comment="why it was withdrawn")
    told_at: Mapped[datetime | None] = mapped_column(
        comment="when the audit service took it down as it stands; null while it has yet to"
    )
    trouble: Mapped[str | None] = mapped_column(comment="why the audit service did not take it down")
    pos: Mapped[int] = mapped_column(BigInteger, server_default="0", comment="place in the audit service's feed")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
