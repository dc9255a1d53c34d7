"""What is known here of suppliers and findings; the feeds of others keep it up to date."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


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
    email_domain: Mapped[str | None] = mapped_column(comment="by which people of meetings are recognised as theirs")


class FindingCopy(Base):
    """What is needed of a finding to see whether those who attended have fewer, and mend them sooner."""

    __tablename__ = "finding_copy"
    __table_args__ = (Index("ix_finding_copy_supplier_id", "supplier_id", "discovered_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pos: Mapped[int] = mapped_column(BigInteger, comment="place in the audit service's feed")
    supplier_id: Mapped[UUID]
    standard: Mapped[str]
    code_version: Mapped[str]
    provision: Mapped[str]
    severity: Mapped[str]
    discovered_on: Mapped[date]
    closed_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
