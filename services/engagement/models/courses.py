"""Courses, their views and completions, and the statements of learning systems."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


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
    version: Mapped[int] = mapped_column(server_default="1")
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None]


class CourseCompletion(Base):
    """A person of a supplier who completed a course."""

    __tablename__ = "course_completion"
    __table_args__ = (
        Index(
            "uq_course_completion_course_id_supplier_id_person_ref_on",
            "course_id",
            "supplier_id",
            "person_ref",
            "on",
            unique=True,
            postgresql_where=text("withdrawn_on IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"))
    supplier_id: Mapped[UUID]
    person_ref: Mapped[str]
    on: Mapped[date] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(server_default="1")
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None]


class XapiStatement(Base):
    """A statement of a learning system that was taken in; of its actor only what is counted stays."""

    __tablename__ = "xapi_statement"

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="as the learning system gave it")
    digest: Mapped[str] = mapped_column(comment="of the whole statement: the same id with another content is refused")
    verb: Mapped[str]
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"))
    supplier_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    stored_at: Mapped[datetime] = mapped_column(server_default=func.now())
