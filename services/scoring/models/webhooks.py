"""Webhooks, and what was or is to be sent to each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.models.base import Base


class Webhook(Base):
    """A receiver of events, and how far this service's feed has been gone through for it.

    `version` counts the changes that people, or a long series of failures, make; not every failure.
    """

    __tablename__ = "webhook"
    __table_args__ = (CheckConstraint("status IN ('active', 'disabled', 'withdrawn')", name="status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    url: Mapped[str] = mapped_column(comment="may hold a token of the receiver's")
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    description: Mapped[str | None]
    status: Mapped[str]
    reason: Mapped[str | None] = mapped_column(comment="why it is not active")
    sealed_secret: Mapped[str] = mapped_column(comment="encrypted; empty once withdrawn")
    old_secrets: Mapped[list[dict[str, str]]] = mapped_column(JSONB, comment="[{sealed, until}]: they sign too")
    feed_pos: Mapped[int] = mapped_column(BigInteger, comment="up to here its deliveries have been made")
    failures: Mapped[int] = mapped_column(comment="attempts that failed since the last that did not")
    failing_since: Mapped[datetime | None]
    resting_until: Mapped[datetime | None] = mapped_column(comment="nothing is sent before")
    last_success_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WebhookDelivery(Base):
    """An event on its way to a webhook, or what came of it.

    `version` grows with each step: it fences off a worker whose lease, `next_attempt_at`, has run out.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        CheckConstraint("status IN ('pending', 'delivered', 'dead')", name="status"),
        Index("ix_webhook_delivery_due", "webhook_id", "next_attempt_at", postgresql_where=text("status = 'pending'")),
        Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
        Index("ix_webhook_delivery_finished_at", "finished_at", postgresql_where=text("status <> 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[UUID] = mapped_column(comment="the change in the feed, or the delivery itself for a test")
    type: Mapped[str]
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger)
    next_attempt_at: Mapped[datetime]
    last_attempt_at: Mapped[datetime | None]
    response_status: Mapped[int | None] = mapped_column(SmallInteger)
    response_excerpt: Mapped[str | None]
    error: Mapped[str | None]
    duration_ms: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
