"""Packs of reviews that take long to make, kept once they are made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class QbrReport(Base):
    """A revision's pack as a PDF in a language, of one version of the revision: a later one takes its place."""

    __tablename__ = "qbr_report"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'made', 'failed')", name="status"),
        CheckConstraint("(status = 'made') = (content IS NOT NULL)", name="content"),
    )

    qbr_id: Mapped[UUID] = mapped_column(ForeignKey("qbr.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str]
    error: Mapped[str | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
