"""Questionnaires, campaigns, responses, and what is sent to those who have not answered."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.audit.models.base import Base


class Questionnaire(Base):
    """What a survey asks; a published one never changes, the next edition follows it."""

    __tablename__ = "questionnaire"
    __table_args__ = (
        UniqueConstraint("name", "edition"),
        CheckConstraint("status IN ('draft', 'published')", name="status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    edition: Mapped[int] = mapped_column(comment="1, 2, ... of one name")
    status: Mapped[str]
    title: Mapped[dict[str, Any]] = mapped_column(comment="language -> text")
    sections: Mapped[Any] = mapped_column(JSONB, comment="risk categories with their questions, in order")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]


class Survey(Base):
    """The campaign of a year."""

    __tablename__ = "survey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    year: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str]
    opened_on: Mapped[date]
    due_on: Mapped[date]
    questionnaire_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("questionnaire.id"), comment="null where answers come as scores, by files"
    )
    reminder_days: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default="{}", comment="days before the due date; negative ones after it"
    )
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SurveyResponse(Base):
    """A supplier's answer for a year; waited for where the supplier was asked in that year's campaign."""

    __tablename__ = "survey_response"
    __table_args__ = (
        UniqueConstraint("supplier_id", "year"),
        CheckConstraint("(survey_id IS NULL) = (due_on IS NULL)", name="asked"),
        CheckConstraint("status IN ('asked', 'draft', 'submitted', 'reopened')", name="status"),
        Index("ix_survey_response_survey_id", "survey_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier_copy.id"))
    year: Mapped[int]
    survey_id: Mapped[UUID | None] = mapped_column(ForeignKey("survey.id"))
    due_on: Mapped[date | None]
    submitted_on: Mapped[date | None] = mapped_column(comment="the first day on which there was an answer")
    scores: Mapped[dict[str, Any]] = mapped_column(comment="category -> {score, submitted_on}")
    status: Mapped[str] = mapped_column(server_default="asked", comment="what may be done with the answers")
    answers: Mapped[dict[str, Any]] = mapped_column(
        server_default="{}", comment="question's code -> answer, as they stand; a draft until submitted"
    )
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class SurveySubmission(Base):
    """Answers as they were submitted; after a reopening there is a further one, and none is overwritten."""

    __tablename__ = "survey_submission"

    response_id: Mapped[UUID] = mapped_column(ForeignKey("survey_response.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="order of submission")
    answers: Mapped[dict[str, Any]]
    scores: Mapped[dict[str, Any]] = mapped_column(comment="category -> score")
    missing: Mapped[list[str]] = mapped_column(comment="codes of the questions left unanswered")
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SurveyReopening(Base):
    """A submitted response that may be answered anew, and why."""

    __tablename__ = "survey_reopening"

    response_id: Mapped[UUID] = mapped_column(ForeignKey("survey_response.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="the submission that was reopened")
    by: Mapped[str]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SurveyLink(Base):
    """A link by which a supplier answers without an account, until it has submitted once."""

    __tablename__ = "survey_link"
    __table_args__ = (Index("ix_survey_link_response_id", "response_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    response_id: Mapped[UUID] = mapped_column(ForeignKey("survey_response.id"))
    expires_at: Mapped[datetime]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(comment="used up by a submission, or withdrawn")


class SurveyReminder(Base):
    """A reminder that was due to a supplier that had not answered, and what came of it."""

    __tablename__ = "survey_reminder"

    response_id: Mapped[UUID] = mapped_column(ForeignKey("survey_response.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True, comment="the day on which it was due")
    outcome: Mapped[str] = mapped_column(comment="sent, no_contact, refused or not_configured")
    recipients: Mapped[int]
    detail: Mapped[str | None] = mapped_column(comment="what the mail server said")
    sent_at: Mapped[datetime] = mapped_column(server_default=func.now())
