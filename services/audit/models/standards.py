"""The code catalogue: editions of standards and their provisions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from services.audit.models.base import Base


class Standard(Base):
    """One edition of a standard; it never changes, a correction is a further edition."""

    __tablename__ = "standard"
    __table_args__ = (UniqueConstraint("standard", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    standard: Mapped[str]
    version: Mapped[str]
    title: Mapped[str]
    sections: Mapped[dict[str, Any]] = mapped_column(comment="section's code -> its title")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Provision(Base):
    """What an edition of a standard asks for, under a code that means it in that edition alone."""

    __tablename__ = "provision"
    __table_args__ = (ForeignKeyConstraint(["standard", "version"], ["standard.standard", "standard.version"]),)

    standard: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(comment="place in the standard's own order")
    title: Mapped[str]
    section: Mapped[str]
