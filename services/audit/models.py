"""The audit service's tables."""

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
    """The audit service's own tables."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's way
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


class SupplierCopy(Base):
    """What this service needs of a supplier; the registry's feed keeps it up to date."""

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


class Audit(Base):
    """An assessment of a supplier, or an incident that became known."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('vap', 'cma', 'supplemental', 'internal', 'closure', 'document_review', 'regulatory', "
            "'incident')",
            name="kind",
        ),
        CheckConstraint("outcome IN ('approved', 'conditionally_approved', 'rejected')", name="outcome"),
        Index("ix_audit_supplier_id", "supplier_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    audit_ref: Mapped[str] = mapped_column(unique=True)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier_copy.id"))
    kind: Mapped[str]
    standard: Mapped[str]
    auditor: Mapped[str | None]
    scope: Mapped[list[str]] = mapped_column(comment="risk categories; empty for all")
    site_code: Mapped[str | None]
    conducted_on: Mapped[date]
    report_received_on: Mapped[date | None]
    score: Mapped[Decimal | None] = mapped_column(Numeric(7, 2), comment="as the report says it")
    outcome: Mapped[str | None]
    withdrawn_on: Mapped[date | None]
    withdrawn_reason: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Finding(Base):
    """Something that does not conform to a provision; where it stands follows from its transitions."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("severity IN ('priority', 'major', 'minor')", name="severity"),
        CheckConstraint(
            "status IN ('open', 'plan_submitted', 'plan_approved', 'plan_rejected', 'implemented', 'closed', "
            "'withdrawn')",
            name="status",
        ),
        Index("ix_finding_supplier_id", "supplier_id", "id"),
        Index("ix_finding_audit_id", "audit_id", "id"),
        Index(
            "ix_finding_unmended",
            "due_on",
            postgresql_where=text("status IN ('open', 'plan_submitted', 'plan_approved', 'plan_rejected')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    finding_ref: Mapped[str] = mapped_column(unique=True)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier_copy.id"))
    audit_id: Mapped[UUID | None] = mapped_column(ForeignKey("audit.id"))
    standard: Mapped[str]
    code_version: Mapped[str]
    provision: Mapped[str]
    severity: Mapped[str]
    site_code: Mapped[str | None] = mapped_column(comment="the audit's, unless site_given")
    site_given: Mapped[bool]
    description: Mapped[str | None]
    internal_note: Mapped[str | None] = mapped_column(comment="never shown to the supplier")
    discovered_on: Mapped[date]
    due_on: Mapped[date]
    due_given: Mapped[bool] = mapped_column(comment="by whoever recorded or extended it: no clock changes it")
    plan_due_on: Mapped[date]
    status: Mapped[str] = mapped_column(comment="where the transitions have led")
    imported: Mapped[bool] = mapped_column(comment="all of its life so far came by files; a step taken here ends that")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FindingTransition(Base):
    """A dated step in a finding's life; written once, never changed."""

    __tablename__ = "finding_transition"

    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="order of recording")
    to: Mapped[str]
    on: Mapped[date]
    by: Mapped[str] = mapped_column(comment="opaque id of the person or machine")
    reason: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FindingExtension(Base):
    """A later due date that was granted, and why."""

    __tablename__ = "finding_extension"

    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="order of recording")
    due_on_before: Mapped[date]
    due_on: Mapped[date]
    by: Mapped[str]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Plan(Base):
    """A corrective action plan as it was submitted; a mended one is a new row."""

    __tablename__ = "plan"

    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="order of submission")
    root_cause: Mapped[str]
    containment_action: Mapped[str | None]
    corrective_action: Mapped[str]
    preventive_action: Mapped[str | None]
    completes_on: Mapped[date | None]
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Survey(Base):
    """The campaign of a year."""

    __tablename__ = "survey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    year: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str]
    opened_on: Mapped[date]
    due_on: Mapped[date]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SurveyResponse(Base):
    """A supplier's answer for a year; waited for where the supplier was asked in that year's campaign."""

    __tablename__ = "survey_response"
    __table_args__ = (
        UniqueConstraint("supplier_id", "year"),
        CheckConstraint("(survey_id IS NULL) = (due_on IS NULL)", name="asked"),
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
