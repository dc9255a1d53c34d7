"""What the ERP reports of a supplier's performance, a quarter at a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class Performance(Base):
    """A supplier's figures of a quarter, 0-100 or absent; by code, since the ERP may be ahead of the registry."""

    __tablename__ = "performance"
    __table_args__ = (
        UniqueConstraint("quarter", "supplier_code"),
        Index("ix_performance_supplier_code", "supplier_code", "quarter"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    quarter: Mapped[str]
    supplier_code: Mapped[str]
    quality: Mapped[float | None] = mapped_column(Float)
    cost: Mapped[float | None] = mapped_column(Float)
    delivery: Mapped[float | None] = mapped_column(Float)
    service: Mapped[float | None] = mapped_column(Float)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
