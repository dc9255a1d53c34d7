"""Copies of suppliers."""

from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.audit.models.base import Base


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
