"""Chat groups and what was posted to them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


class ChatGroup(Base):
    """A group of suppliers' and our people in a chat: one with a robot, or one that is only recorded."""

    __tablename__ = "chat_group"
    __table_args__ = (
        CheckConstraint("channel IN ('wecom', 'recorded')", name="channel"),
        CheckConstraint("(channel = 'wecom') = (sealed_key IS NOT NULL)", name="sealed_key"),
        # A robot is in one group: its limit is kept here, on its group's row.
        Index("uq_chat_group_sealed_key", "sealed_key", unique=True, postgresql_where=text("withdrawn_on IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    sealed_key: Mapped[str | None] = mapped_column(comment="the robot's key, encrypted; empty once withdrawn")
    sent_times: Mapped[list[datetime]] = mapped_column(
        ARRAY(DateTime(timezone=True)), comment="when the robot's last messages went out, as far as its limit asks"
    )
    topic: Mapped[str | None]
    members: Mapped[int | None] = mapped_column(comment="how many people are in it, as last reported")
    supplier_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="whose people are in it")
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def has_key(self) -> bool:
        """Whether its robot's key is known here."""
        return bool(self.sealed_key)


class GroupMessage(Base):
    """A message to a group: handed to its robot part by part, or recorded as posted by hand."""

    __tablename__ = "group_message"
    __table_args__ = (
        CheckConstraint("format IN ('text', 'markdown')", name="format"),
        CheckConstraint("status IN ('recorded', 'queued', 'sent', 'failed')", name="status"),
        CheckConstraint("parts_sent <= parts", name="parts"),
        Index("ix_group_message_group_id", "group_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    group_id: Mapped[UUID] = mapped_column(ForeignKey("chat_group.id"))
    format: Mapped[str]
    content: Mapped[str]
    status: Mapped[str]
    parts: Mapped[int] = mapped_column(comment="messages of the channel that it takes, by the channel's limits")
    parts_sent: Mapped[int]
    last_error: Mapped[str | None]
    posted_on: Mapped[date] = mapped_column(comment="the day on which it was, or was to be, in the group")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
