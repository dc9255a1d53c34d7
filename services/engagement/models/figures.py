"""Where the running figures begin, and what the feed tells of who took part."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


class OpeningBalance(Base):
    """Where the running totals begin: the programme is older than its records here."""

    __tablename__ = "opening_balance"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(unique=True, comment="the last day that it covers")
    person_times: Mapped[int]
    session_hours: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    person_hours: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    course_views: Mapped[int | None]
    course_completions: Mapped[int | None]
    note: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Participation(Base):
    """What the feed last told of a supplier at an event or course."""

    __tablename__ = "participation"
    __table_args__ = (Index("ix_participation_subject_id", "subject_id", "supplier_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="made of subject and supplier, and a course's day")
    version: Mapped[int]
    subject_id: Mapped[UUID] = mapped_column(comment="the event or course")
    supplier_id: Mapped[UUID]
    kind: Mapped[str]
    on: Mapped[date]
    counts: Mapped[bool]
