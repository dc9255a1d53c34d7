"""Copies of the other services' resources, in all their versions, and the country risks kept here.

`pos` is the position in the source's feed from which a version is known; `superseded_pos` the one from which another
took its place (null: it is the current one). So the evidence as it was known at any positions can be read back.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Float, Index, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


def _current_index(table: str, column: str = "supplier_id") -> Index:
    return Index(f"ix_{table}_current", column, postgresql_where=text("superseded_pos IS NULL"))


class Copy:
    """What every copy has."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pos: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    superseded_pos: Mapped[int | None] = mapped_column(BigInteger)


class SupplierCopy(Copy, Base):
    """A supplier; `scored_as` is the one that it is merged into, else itself."""

    __tablename__ = "supplier_copy"
    __table_args__ = (
        Index("uq_supplier_copy_current", "id", unique=True, postgresql_where=text("superseded_pos IS NULL")),
        _current_index("supplier_copy", "scored_as"),
        Index("ix_supplier_copy_code", "code", postgresql_where=text("superseded_pos IS NULL")),
        Index("ix_supplier_copy_scored_as", "scored_as"),
    )

    scored_as: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    country: Mapped[str | None]
    supply_tier: Mapped[int | None] = mapped_column(SmallInteger)
    kind: Mapped[str]
    status: Mapped[str]
    annual_spend: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    identifiers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class CertificateCopy(Copy, Base):
    """A certificate; `valid_until` ends before a withdrawal."""

    __tablename__ = "certificate_copy"
    __table_args__ = (_current_index("certificate_copy"), Index("ix_certificate_copy_supplier_id", "supplier_id"))

    supplier_id: Mapped[UUID]
    standard: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]


class AuditCopy(Copy, Base):
    """An audit, as far as it bears on scores."""

    __tablename__ = "audit_copy"
    __table_args__ = (_current_index("audit_copy"), Index("ix_audit_copy_supplier_id", "supplier_id"))

    supplier_id: Mapped[UUID]
    kind: Mapped[str]
    scope: Mapped[list[str]] = mapped_column(ARRAY(Text))
    site_code: Mapped[str | None]
    conducted_on: Mapped[date]
    withdrawn_on: Mapped[date | None]


class FindingCopy(Copy, Base):
    """A finding; the four dates hold on every day that is not before `voided_on`, else `transitions` tell."""

    __tablename__ = "finding_copy"
    __table_args__ = (_current_index("finding_copy"), Index("ix_finding_copy_supplier_id", "supplier_id"))

    supplier_id: Mapped[UUID]
    standard: Mapped[str]
    code_version: Mapped[str]
    provision: Mapped[str]
    severity: Mapped[str]
    site_code: Mapped[str | None]
    discovered_on: Mapped[date]
    due_on: Mapped[date]
    approved_on: Mapped[date | None]
    implemented_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    voided_on: Mapped[date | None]
    transitions: Mapped[list[dict[str, str]]] = mapped_column(JSONB)


class SurveyCopy(Copy, Base):
    """A supplier's year in the survey: whether it was asked, and what it answered, category by category."""

    __tablename__ = "survey_copy"
    __table_args__ = (_current_index("survey_copy"), Index("ix_survey_copy_supplier_id", "supplier_id"))

    supplier_id: Mapped[UUID]
    due_on: Mapped[date | None]
    submitted_on: Mapped[date | None]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    scores: Mapped[list[float]] = mapped_column(ARRAY(Float))
    answered_on: Mapped[list[date]] = mapped_column(ARRAY(Date))


class ParticipationCopy(Copy, Base):
    """A supplier's part in an event or course."""

    __tablename__ = "participation_copy"
    __table_args__ = (
        _current_index("participation_copy"),
        Index("ix_participation_copy_supplier_id", "supplier_id"),
    )

    supplier_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    on: Mapped[date]
    counts: Mapped[bool]


class CountryRisk(Base):
    """A country's mean percentile rank of a year; kept here, versioned like the copies."""

    __tablename__ = "country_risk"
    __table_args__ = (
        Index(
            "uq_country_risk_current", "country", "year", "source", unique=True,
            postgresql_where=text("superseded_pos IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    version: Mapped[int]
    pos: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    superseded_pos: Mapped[int | None] = mapped_column(BigInteger)
    country: Mapped[str]
    year: Mapped[int]
    source: Mapped[str]
    mean_percentile_rank: Mapped[float] = mapped_column(Float)
