"""Newsletters (eNews) and the links in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


class Newsletter(Base):
    """An issue of the eNews: drafted, then sent once to the audience that its rule finds."""

    __tablename__ = "newsletter"
    __table_args__ = (CheckConstraint("status IN ('draft', 'sending', 'sent', 'withdrawn')", name="status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    newsletter_ref: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("event.id"), index=True, comment="whose record it tells")
    default_language: Mapped[str]
    subjects: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="language -> subject")
    articles: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="[{code, texts{language: {title, body}}}]")
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="the rule by which recipients are found")
    status: Mapped[str]
    reason: Mapped[str | None] = mapped_column(comment="why it was withdrawn")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_by: Mapped[str | None]
    sending_at: Mapped[datetime | None] = mapped_column(comment="when it was ordered to be sent")
    sent_at: Mapped[datetime | None] = mapped_column(comment="when nothing was left to be sent")


class NewsletterLink(Base):
    """An address in a newsletter's articles, and how often it was followed; not by whom."""

    __tablename__ = "newsletter_link"
    __table_args__ = (UniqueConstraint("newsletter_id", "url"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    newsletter_id: Mapped[UUID] = mapped_column(ForeignKey("newsletter.id"))
    url: Mapped[str]
    clicks: Mapped[int] = mapped_column(BigInteger)
