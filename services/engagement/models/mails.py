"""Mails that go out one by one, what is known of the mailboxes that they go to, and how fast they may go."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.engagement.models.base import Base


class Delivery(Base):
    """One mail to one person: of an event's invitation, or of a newsletter. Its address stays in the registry."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("kind IN ('invitation', 'newsletter')", name="kind"),
        CheckConstraint("(kind = 'invitation') = (invitation_id IS NOT NULL)", name="invitation_id"),
        CheckConstraint("method IN ('REQUEST', 'CANCEL')", name="method"),
        CheckConstraint("status IN ('queued', 'sent', 'refused', 'bounced', 'failed', 'skipped')", name="status"),
        Index("ix_delivery_subject_id", "subject_id", "id"),
        Index("ix_delivery_due", "subject_id", "next_attempt_at", "id", postgresql_where=text("status = 'queued'")),
        # Whoever starts sending twice writes to nobody twice.
        Index(
            "uq_delivery_newsletter",
            "subject_id",
            "person_ref",
            unique=True,
            postgresql_where=text("kind = 'newsletter'"),
        ),
        Index(
            "uq_delivery_invitation",
            "invitation_id",
            "sequence",
            "method",
            unique=True,
            postgresql_where=text("kind = 'invitation'"),
        ),
        Index("ix_delivery_person_ref", "person_ref"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="in the mail's Message-ID too")
    kind: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(comment="the event or newsletter")
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitation.id"))
    method: Mapped[str | None] = mapped_column(comment="iTIP's, of an invitation")
    sequence: Mapped[int | None] = mapped_column(comment="the event's when it was queued, of an invitation")
    supplier_id: Mapped[UUID]
    contact_id: Mapped[UUID | None] = mapped_column(comment="the registry's; null once the person is erased")
    person_ref: Mapped[str]
    language: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    detail: Mapped[str | None] = mapped_column(comment="what the mail server said, or why nothing was sent")
    queued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None] = mapped_column(comment="when the mail server took it")
    bounced_at: Mapped[datetime | None]


class Mailbox(Base):
    """What a person wants to get, and whether mail reaches it; known by the person's reference alone."""

    __tablename__ = "mailbox"

    person_ref: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(
        unique=True,
        server_default=text("gen_random_uuid()"),
        comment="by which the audit log knows it: leads to nobody once the row is removed",
    )
    version: Mapped[int]
    invitations: Mapped[bool | None] = mapped_column(comment="consent: given, withdrawn, or never asked")
    newsletters: Mapped[bool | None] = mapped_column(comment="likewise")
    unreachable_since: Mapped[datetime | None] = mapped_column(comment="a mail came back for good")
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MailPace(Base):
    """One row: when the next mail may go out, over all workers."""

    __tablename__ = "mail_pace"
    __table_args__ = (CheckConstraint("id", name="one_row"),)

    id: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    free_at: Mapped[datetime]
