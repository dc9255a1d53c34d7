"""Commodities, and who supplies which share of them in a quarter."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.scoring.models.base import Base

GIVEN_SHARE = Numeric(15, 12)
"""A share as it was given; a third needs more than the 6 decimals that are published."""


class Commodity(Base):
    """Something that is bought from several suppliers."""

    __tablename__ = "commodity"
    __table_args__ = (
        CheckConstraint("largest_share > 0 AND largest_share <= 1", name="largest_share"),
        CheckConstraint("least_sources >= 1", name="least_sources"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str]
    largest_share: Mapped[Decimal | None] = mapped_column(
        GIVEN_SHARE, comment="no supplier may get more, against concentration; blank is 1"
    )
    least_sources: Mapped[int | None] = mapped_column(comment="how many suppliers must get orders at least")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    materials: Mapped[list["Material"]] = relationship(
        lazy="selectin",
        cascade="all, delete-orphan",
        order_by="[Material.system, Material.material, Material.plant]",
    )


class Material(Base):
    """What an ERP calls a commodity at a plant; it belongs to one commodity, or two quotas would claim it."""

    __tablename__ = "commodity_material"

    system: Mapped[str] = mapped_column(primary_key=True)
    material: Mapped[str] = mapped_column(primary_key=True)
    plant: Mapped[str] = mapped_column(primary_key=True)
    base_unit: Mapped[str]
    commodity_id: Mapped[UUID] = mapped_column(ForeignKey("commodity.id"), index=True)


class Sourcing(Base):
    """The sourcing of a commodity in a quarter: its lines change together."""

    __tablename__ = "sourcing"
    __table_args__ = (UniqueConstraint("quarter", "commodity"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    quarter: Mapped[str]
    commodity: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    lines: Mapped[list["SourcingLine"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="SourcingLine.supplier_code"
    )


class SourcingLine(Base):
    """A supplier's share and bounds, parts of 1; blank capacity and max_share are 1, blank min_share 0."""

    __tablename__ = "sourcing_line"

    sourcing_id: Mapped[UUID] = mapped_column(ForeignKey("sourcing.id"), primary_key=True)
    supplier_code: Mapped[str] = mapped_column(primary_key=True, index=True)
    baseline_share: Mapped[Decimal] = mapped_column(GIVEN_SHARE)
    capacity_share: Mapped[Decimal | None] = mapped_column(GIVEN_SHARE)
    max_share: Mapped[Decimal | None] = mapped_column(GIVEN_SHARE)
    min_share: Mapped[Decimal | None] = mapped_column(GIVEN_SHARE)
    blocked: Mapped[bool]
