"""Who is invited to an event, and what they said."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


class Invitation(Base):
    """A person invited to an event; name and address stay in the registry."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("event_id", "person_ref"),
        CheckConstraint("reply IN ('needs_action', 'accepted', 'declined', 'tentative', 'waiting')", name="reply"),
        Index("ix_invitation_supplier_id", "supplier_id"),
        Index("ix_invitation_person_ref", "person_ref"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"))
    supplier_id: Mapped[UUID]
    contact_id: Mapped[UUID | None] = mapped_column(comment="the registry's; null once the person is erased")
    person_ref: Mapped[str]
    language: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="by which rules the person was found")
    reply: Mapped[str] = mapped_column(comment="`waiting`: accepted when all places were taken")
    replied_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
