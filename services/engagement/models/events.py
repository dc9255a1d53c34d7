"""Events, who attended them, and what the reports of meeting tools say of that."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


class Event(Base):
    """A forum, a training or a support meeting."""

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("kind IN ('forum', 'training', 'support_meeting')", name="kind"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint("capacity >= 1", name="capacity"),
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
    location: Mapped[str | None]
    join_url: Mapped[str | None] = mapped_column(comment="where an online meeting is joined; only for those invited")
    capacity: Mapped[int | None] = mapped_column(comment="how many may accept; those beyond wait for a place")
    agenda: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    materials: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]", comment="title, url, language")
    recordings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]", comment="likewise")
    feedback_questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    sequence: Mapped[int] = mapped_column(
        server_default="0", comment="iCalendar's SEQUENCE: grows with each change that those invited must know of"
    )
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


class AttendanceReport(Base):
    """A report of a meeting tool on who was there, as it was handed in."""

    __tablename__ = "attendance_report"
    __table_args__ = (UniqueConstraint("event_id", "sha256"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"))
    layout: Mapped[str] = mapped_column(comment="whose report it is: zoom, teams ...")
    sha256: Mapped[str]
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReportedPerson(Base):
    """A person in such a report, with all the times of joining and leaving taken together."""

    __tablename__ = "reported_person"
    __table_args__ = (
        CheckConstraint("state IN ('mapped', 'undecided', 'ignored')", name="state"),
        Index("ix_reported_person_report_id", "report_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    report_id: Mapped[UUID] = mapped_column(ForeignKey("attendance_report.id"))
    name: Mapped[str | None] = mapped_column(comment="only until it is decided whose person it is")
    email: Mapped[str | None] = mapped_column(comment="likewise")
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    seconds: Mapped[int | None] = mapped_column(comment="present, over all times of joining")
    state: Mapped[str]
    attendance_id: Mapped[UUID | None] = mapped_column(ForeignKey("attendance.id"))


class EventFeedback(Base):
    """What somebody who attended answered to an event's questions; the overall rating stands with the attendance."""

    __tablename__ = "event_feedback"
    __table_args__ = (Index("ix_event_feedback_event_id", "event_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"))
    attendance_id: Mapped[UUID] = mapped_column(ForeignKey("attendance.id"), unique=True)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="question's code -> answer")
    given_at: Mapped[datetime] = mapped_column(server_default=func.now())
