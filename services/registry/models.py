"""The registry's tables."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Numeric, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared import feed, imports, journal, tasks
from shared.db import new_metadata
from shared.web import idempotency


class Base(DeclarativeBase):
    """The registry's own tables."""

    metadata = new_metadata()
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's way


class Supplier(Base):
    """A company of any supply tier."""

    __tablename__ = "supplier"
    __table_args__ = (
        CheckConstraint("supply_tier BETWEEN 1 AND 9", name="supply_tier"),
        CheckConstraint("kind IN ('general', 'key', 'oem')", name="kind"),
        CheckConstraint("status IN ('prospect', 'active', 'probation', 'suspended', 'inactive')", name="status"),
        Index("ix_supplier_commodities", "commodities", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    country: Mapped[str | None]
    supply_tier: Mapped[int | None]
    kind: Mapped[str]
    status: Mapped[str]
    parent_code: Mapped[str | None]
    commodities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    annual_spend: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str | None]
    email: Mapped[str | None] = mapped_column(comment="a company mailbox; only its domain leaves the registry")
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("supplier.id"), index=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    identifiers: Mapped[list["Identifier"]] = relationship(
        lazy="selectin",
        cascade="all, delete-orphan",
        order_by="[Identifier.scheme, Identifier.system, Identifier.value]",
    )


class Identifier(Base):
    """What another system calls a supplier; no two suppliers share one."""

    __tablename__ = "supplier_identifier"
    __table_args__ = (
        Index("ix_supplier_identifier_supplier_id", "supplier_id"),
        Index("ix_supplier_identifier_value", "value"),
    )

    scheme: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True, comment="empty where the scheme has only one")
    value: Mapped[str] = mapped_column(primary_key=True)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier.id"))


class Site(Base):
    """A place where a supplier works."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("supplier_id", "site_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier.id"))
    site_code: Mapped[str]
    name: Mapped[str | None]
    address: Mapped[str]
    country: Mapped[str]
    first_listed: Mapped[int | None]
    last_listed: Mapped[int | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class Certificate(Base):
    """A management-system certificate, such as ISO 14001."""

    __tablename__ = "certificate"
    __table_args__ = (Index("ix_certificate_supplier_id", "supplier_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier.id"))
    standard: Mapped[str]
    number: Mapped[str | None]
    issuer: Mapped[str | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None]


class CertificateReminder(Base):
    """That a supplier is to be asked for a certificate, and why."""

    __tablename__ = "certificate_reminder"
    __table_args__ = (UniqueConstraint("supplier_id", "standard", "source_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier.id"))
    standard: Mapped[str]
    reason: Mapped[str]
    source_id: Mapped[UUID] = mapped_column(comment="what gave rise to it, such as a completed course")
    due_on: Mapped[date]
    done_on: Mapped[date | None] = mapped_column(comment="when the certificate came, or the matter was settled")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Contact(Base):
    """A person to write to; erased on request, which leaves the row without the person."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_supplier_id", "supplier_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supplier.id"))
    name: Mapped[str | None]
    email: Mapped[str | None]
    role: Mapped[str]
    language: Mapped[str]
    erased_at: Mapped[datetime | None]


class ApiClient(Base):
    """A machine that may ask for tokens."""

    __tablename__ = "api_client"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    supplier_id: Mapped[UUID | None] = mapped_column(ForeignKey("supplier.id"))
    secret_hash: Mapped[bytes]
    previous_secret_hash: Mapped[bytes | None]
    previous_valid_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


TABLES = (
    Base.metadata,
    feed.metadata,
    journal.metadata,
    tasks.metadata,
    imports.metadata,
    idempotency.metadata,
)
"""All tables of the schema: its own, and those of the mechanisms that it uses."""
