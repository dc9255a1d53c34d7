"""Audits."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit.models.base import Base


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
        CheckConstraint("planned_on IS NOT NULL OR conducted_on IS NOT NULL", name="dated"),
        CheckConstraint(
            "(criteria_total IS NULL) = (criteria_conforming IS NULL) "
            "AND (criteria_total IS NULL) = (criteria_not_applicable IS NULL) "
            "AND criteria_conforming + criteria_not_applicable <= criteria_total",
            name="criteria",
        ),
        Index("ix_audit_supplier_id", "supplier_id", "id"),
        Index("ix_audit_follows_audit_id", "follows_audit_id", postgresql_where=text("follows_audit_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    audit_ref: Mapped[str] = mapped_column(unique=True)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier_copy.id"))
    kind: Mapped[str]
    standard: Mapped[str]
    auditor: Mapped[str | None] = mapped_column(comment="the audit firm")
    auditor_qualification: Mapped[str | None]
    scope: Mapped[list[str]] = mapped_column(comment="risk categories; empty for all")
    site_code: Mapped[str | None]
    planned_on: Mapped[date | None]
    conducted_on: Mapped[date | None] = mapped_column(comment="null while it is only planned")
    report_received_on: Mapped[date | None]
    score: Mapped[Decimal | None] = mapped_column(Numeric(7, 2), comment="as the report says it")
    criteria_total: Mapped[int | None]
    criteria_not_applicable: Mapped[int | None]
    criteria_conforming: Mapped[int | None]
    score_profile: Mapped[str] = mapped_column(server_default="rba_vap_2019", comment="by which a score is computed")
    follows_audit_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("audit.id"), comment="whose findings a closure audit verifies"
    )
    outcome: Mapped[str | None]
    withdrawn_on: Mapped[date | None]
    withdrawn_reason: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
