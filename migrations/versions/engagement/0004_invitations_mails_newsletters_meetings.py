"""invitations mails newsletters meetings"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locks import hold

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    hold("event", "attendance")
    op.create_table(
        "mail_pace",
        sa.Column("id", sa.Boolean(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id", name=op.f("ck_mail_pace_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pace")),
    )
    op.create_table(
        "mailbox",
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column(
            "id",
            sa.Uuid(),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
            comment="by which the audit log knows it: leads to nobody once the row is removed",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("invitations", sa.Boolean(), nullable=True, comment="consent: given, withdrawn, or never asked"),
        sa.Column("newsletters", sa.Boolean(), nullable=True, comment="likewise"),
        sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True, comment="a mail came back for good"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("person_ref", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("id", name=op.f("uq_mailbox_id")),
    )
    op.create_table(
        "commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="withdrawn here, or as the audit service last told it"),
        sa.Column("kept_on", sa.Date(), nullable=True, comment="as the audit service last told it"),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was withdrawn"),
        sa.Column(
            "told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the audit service took it down as it stands; null while it has yet to",
        ),
        sa.Column("trouble", sa.Text(), nullable=True, comment="why the audit service did not take it down"),
        sa.Column(
            "pos", sa.BigInteger(), server_default="0", nullable=False, comment="place in the audit service's feed"
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('open', 'kept', 'withdrawn')", name=op.f("ck_commitment_status")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_commitment_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
    )
    op.create_index("ix_commitment_event_id", "commitment", ["event_id", "id"], unique=False)
    op.create_index("ix_commitment_finding_id", "commitment", ["finding_id"], unique=False)
    op.create_index("ix_commitment_supplier_id", "commitment", ["supplier_id", "due_on"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True, comment="the registry's; null once the person is erased"),
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "reasons", postgresql.ARRAY(sa.Text()), nullable=False, comment="by which rules the person was found"
        ),
        sa.Column("reply", sa.Text(), nullable=False, comment="`waiting`: accepted when all places were taken"),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "reply IN ('needs_action', 'accepted', 'declined', 'tentative', 'waiting')",
            name=op.f("ck_invitation_reply"),
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_invitation_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("event_id", "person_ref", name=op.f("uq_invitation_event_id_person_ref")),
    )
    op.create_index("ix_invitation_person_ref", "invitation", ["person_ref"], unique=False)
    op.create_index("ix_invitation_supplier_id", "invitation", ["supplier_id"], unique=False)
    op.create_table(
        "newsletter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("newsletter_ref", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True, comment="whose record it tells"),
        sa.Column("default_language", sa.Text(), nullable=False),
        sa.Column("subjects", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="language -> subject"),
        sa.Column(
            "articles",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{code, texts{language: {title, body}}}]",
        ),
        sa.Column(
            "audience",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the rule by which recipients are found",
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was withdrawn"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=True),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True, comment="when it was ordered to be sent"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True, comment="when nothing was left to be sent"),
        sa.CheckConstraint("status IN ('draft', 'sending', 'sent', 'withdrawn')", name=op.f("ck_newsletter_status")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_newsletter_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter")),
        sa.UniqueConstraint("newsletter_ref", name=op.f("uq_newsletter_newsletter_ref")),
    )
    op.create_index(op.f("ix_newsletter_event_id"), "newsletter", ["event_id"], unique=False)
    op.create_table(
        "treated_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("root_cause", sa.Text(), nullable=True),
        sa.Column("best_practice", sa.Text(), nullable=True, comment="what helped elsewhere or helps here"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_treated_finding_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treated_finding")),
        sa.UniqueConstraint("event_id", "finding_id", name=op.f("uq_treated_finding_event_id_finding_id")),
    )
    op.create_index("ix_treated_finding_finding_id", "treated_finding", ["finding_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False, comment="in the mail's Message-ID too"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="the event or newsletter"),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True, comment="iTIP's, of an invitation"),
        sa.Column("sequence", sa.Integer(), nullable=True, comment="the event's when it was queued, of an invitation"),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True, comment="the registry's; null once the person is erased"),
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True, comment="what the mail server said, or why nothing was sent"),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True, comment="when the mail server took it"),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'invitation') = (invitation_id IS NOT NULL)", name=op.f("ck_delivery_invitation_id")
        ),
        sa.CheckConstraint("kind IN ('invitation', 'newsletter')", name=op.f("ck_delivery_kind")),
        sa.CheckConstraint("method IN ('REQUEST', 'CANCEL')", name=op.f("ck_delivery_method")),
        sa.CheckConstraint(
            "status IN ('queued', 'sent', 'refused', 'bounced', 'failed', 'skipped')", name=op.f("ck_delivery_status")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_delivery_invitation_id_invitation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["subject_id", "next_attempt_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index("ix_delivery_person_ref", "delivery", ["person_ref"], unique=False)
    op.create_index("ix_delivery_subject_id", "delivery", ["subject_id", "id"], unique=False)
    op.create_index(
        "uq_delivery_invitation",
        "delivery",
        ["invitation_id", "sequence", "method"],
        unique=True,
        postgresql_where=sa.text("kind = 'invitation'"),
    )
    op.create_index(
        "uq_delivery_newsletter",
        "delivery",
        ["subject_id", "person_ref"],
        unique=True,
        postgresql_where=sa.text("kind = 'newsletter'"),
    )
    op.create_table(
        "event_feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("attendance_id", sa.Uuid(), nullable=False),
        sa.Column(
            "answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="question's code -> answer"
        ),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_event_feedback_attendance_id_attendance")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_feedback_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_feedback")),
        sa.UniqueConstraint("attendance_id", name=op.f("uq_event_feedback_attendance_id")),
    )
    op.create_index("ix_event_feedback_event_id", "event_feedback", ["event_id", "id"], unique=False)
    op.create_table(
        "newsletter_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("newsletter_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_newsletter_link_newsletter_id_newsletter")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_link")),
        sa.UniqueConstraint("newsletter_id", "url", name=op.f("uq_newsletter_link_newsletter_id_url")),
    )
    op.add_column("event", sa.Column("location", sa.Text(), nullable=True))
    op.add_column(
        "event",
        sa.Column(
            "join_url", sa.Text(), nullable=True, comment="where an online meeting is joined; only for those invited"
        ),
    )
    op.add_column(
        "event",
        sa.Column(
            "capacity", sa.Integer(), nullable=True, comment="how many may accept; those beyond wait for a place"
        ),
    )
    op.create_check_constraint(op.f("ck_event_capacity"), "event", "capacity >= 1")
    op.add_column(
        "event", sa.Column("agenda", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.add_column(
        "event",
        sa.Column(
            "materials",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="title, url, language",
        ),
    )
    op.add_column(
        "event",
        sa.Column(
            "recordings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="likewise",
        ),
    )
    op.add_column(
        "event",
        sa.Column("feedback_questions", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.add_column(
        "event",
        sa.Column(
            "sequence",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="iCalendar's SEQUENCE: grows with each change that those invited must know of",
        ),
    )


def downgrade() -> None:
    op.drop_column("event", "sequence")
    op.drop_column("event", "feedback_questions")
    op.drop_column("event", "recordings")
    op.drop_column("event", "materials")
    op.drop_column("event", "agenda")
    op.drop_column("event", "capacity")
    op.drop_column("event", "join_url")
    op.drop_column("event", "location")
    op.drop_table("newsletter_link")
    op.drop_index("ix_event_feedback_event_id", table_name="event_feedback")
    op.drop_table("event_feedback")
    op.drop_index("uq_delivery_newsletter", table_name="delivery", postgresql_where=sa.text("kind = 'newsletter'"))
    op.drop_index("uq_delivery_invitation", table_name="delivery", postgresql_where=sa.text("kind = 'invitation'"))
    op.drop_index("ix_delivery_subject_id", table_name="delivery")
    op.drop_index("ix_delivery_person_ref", table_name="delivery")
    op.drop_index("ix_delivery_due", table_name="delivery", postgresql_where=sa.text("status = 'queued'"))
    op.drop_table("delivery")
    op.drop_index("ix_treated_finding_finding_id", table_name="treated_finding")
    op.drop_table("treated_finding")
    op.drop_index(op.f("ix_newsletter_event_id"), table_name="newsletter")
    op.drop_table("newsletter")
    op.drop_index("ix_invitation_supplier_id", table_name="invitation")
    op.drop_index("ix_invitation_person_ref", table_name="invitation")
    op.drop_table("invitation")
    op.drop_index("ix_commitment_supplier_id", table_name="commitment")
    op.drop_index("ix_commitment_finding_id", table_name="commitment")
    op.drop_index("ix_commitment_event_id", table_name="commitment")
    op.drop_table("commitment")
    op.drop_table("mailbox")
    op.drop_table("mail_pace")
