"""Findings, their transitions, extensions and plans."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit.models.base import Base


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
    implemented_on: Mapped[date | None] = mapped_column(comment="null again once it is reopened, like the next two")
    closed_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
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
    audit_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("audit.id"), comment="the closure audit that verified it, where there was one"
    )
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
    starts_on: Mapped[date | None]
    completes_on: Mapped[date | None]
    contact_name: Mapped[str | None] = mapped_column(comment="erased on request, like the address")
    contact_email: Mapped[str | None]
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FindingCommitment(Base):
    """What a supplier promised in a support meeting to do about a finding, and whether it did."""

    __tablename__ = "finding_commitment"
    __table_args__ = (
        CheckConstraint("kept_on IS NULL OR withdrawn_on IS NULL", name="ended_once"),
        Index("ix_finding_commitment_finding_id", "finding_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="given by whoever tells of it")
    version: Mapped[int]
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"))
    what: Mapped[str]
    meeting: Mapped[str] = mapped_column(comment="reference of the meeting in which it was made")
    made_on: Mapped[date]
    due_on: Mapped[date] = mapped_column(index=True)
    kept_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(comment="how it was kept, or why it was withdrawn")
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
