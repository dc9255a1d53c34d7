"""The engagement service's tables."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared import feed, imports, journal, tasks
from shared.db import new_metadata
from shared.feed import following
from shared.web import idempotency


class Base(DeclarativeBase):
    """The engagement service's own tables."""

    metadata = new_metadata()
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's way


class SupplierCopy(Base):
    """What is known here of a supplier; the registry's feed keeps it up to date."""

    __tablename__ = "supplier_copy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pos: Mapped[int] = mapped_column(BigInteger, comment="place in the registry's feed; 0 where it was asked for")
    code: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    country: Mapped[str | None]
    supply_tier: Mapped[int | None]
    kind: Mapped[str]
    status: Mapped[str]
    merged_into: Mapped[UUID | None]


class Event(Base):
    """A forum, a training or a support meeting."""

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("kind IN ('forum', 'training', 'support_meeting')", name="kind"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    title: Mapped[str]
    topic: Mapped[str | None]
    provisions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    time_zone: Mapped[str] = mapped_column(comment="IANA name: where its wall clock hangs")
    language: Mapped[str | None]
    channel: Mapped[str | None]
    speakers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="persons: they do not leave this table")
    person_times: Mapped[int] = mapped_column(comment="persons over its attendances that are not withdrawn")
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Attendance(Base):
    """A person of a supplier at an event, or several who were only counted."""

    __tablename__ = "attendance"
    __table_args__ = (
        CheckConstraint("persons >= 1", name="persons"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index(
            "uq_attendance_event_id",
            "event_id",
            "supplier_id",
            "person_ref",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("withdrawn_on IS NULL"),
        ),
        Index("ix_attendance_supplier_id", "supplier_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"))
    supplier_id: Mapped[UUID]
    person_ref: Mapped[str | None] = mapped_column(comment="opaque; null for those who were only counted")
    persons: Mapped[int]
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    rating: Mapped[int | None]
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None]


class Course(Base):
    """A course of the catalogue, held somewhere else."""

    __tablename__ = "course"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    language: Mapped[str | None]
    standard: Mapped[str | None]
    links: Mapped[list[str]] = mapped_column(ARRAY(Text))
    views: Mapped[int] = mapped_column(comment="over all its views")
    completions: Mapped[int]


class CourseView(Base):
    """How often a course was viewed on a day."""

    __tablename__ = "course_view"
    __table_args__ = (CheckConstraint("count >= 1", name="count"), Index("ix_course_view_course_id", "course_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"))
    supplier_id: Mapped[UUID | None]
    on: Mapped[date] = mapped_column(index=True)
    count: Mapped[int]


class CourseCompletion(Base):
    """A person of a supplier who completed a course."""

    __tablename__ = "course_completion"
    __table_args__ = (UniqueConstraint("course_id", "supplier_id", "person_ref", "on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"))
    supplier_id: Mapped[UUID]
    person_ref: Mapped[str]
    on: Mapped[date] = mapped_column(index=True)


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


TABLES = (
    Base.metadata,
    feed.metadata,
    following.metadata,
    journal.metadata,
    tasks.metadata,
    imports.metadata,
    idempotency.metadata,
)
"""All tables of the schema: its own, and those of the mechanisms that it uses."""
