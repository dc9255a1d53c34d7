"""groups statements and attendance reports"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "chat_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=True, comment="the robot's key, encrypted; empty once withdrawn"),
        sa.Column(
            "sent_times",
            postgresql.ARRAY(sa.DateTime(timezone=True)),
            nullable=False,
            comment="when the robot's last messages went out, as far as its limit asks",
        ),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True, comment="how many people are in it, as last reported"),
        sa.Column("supplier_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="whose people are in it"),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(channel = 'wecom') = (sealed_key IS NOT NULL)", name=op.f("ck_chat_group_sealed_key")),
        sa.CheckConstraint("channel IN ('wecom', 'recorded')", name=op.f("ck_chat_group_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_group")),
        sa.UniqueConstraint("name", name=op.f("uq_chat_group_name")),
    )
    op.create_index(
        "uq_chat_group_sealed_key",
        "chat_group",
        ["sealed_key"],
        unique=True,
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )
    op.create_table(
        "finding_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False, comment="place in the audit service's feed"),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("discovered_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_copy")),
    )
    op.create_index("ix_finding_copy_supplier_id", "finding_copy", ["supplier_id", "discovered_on"], unique=False)
    op.create_table(
        "attendance_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False, comment="whose report it is: zoom, teams ..."),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_attendance_report_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_report")),
        sa.UniqueConstraint("event_id", "sha256", name=op.f("uq_attendance_report_event_id_sha256")),
    )
    op.create_table(
        "group_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "parts",
            sa.Integer(),
            nullable=False,
            comment="messages of the channel that it takes, by the channel's limits",
        ),
        sa.Column("parts_sent", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "posted_on", sa.Date(), nullable=False, comment="the day on which it was, or was to be, in the group"
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("format IN ('text', 'markdown')", name=op.f("ck_group_message_format")),
        sa.CheckConstraint("status IN ('recorded', 'queued', 'sent', 'failed')", name=op.f("ck_group_message_status")),
        sa.CheckConstraint("parts_sent <= parts", name=op.f("ck_group_message_parts")),
        sa.ForeignKeyConstraint(["group_id"], ["chat_group.id"], name=op.f("fk_group_message_group_id_chat_group")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_message")),
    )
    op.create_index("ix_group_message_group_id", "group_message", ["group_id", "id"], unique=False)
    op.create_table(
        "xapi_statement",
        sa.Column("id", sa.Uuid(), nullable=False, comment="as the learning system gave it"),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=False,
            comment="of the whole statement: the same id with another content is refused",
        ),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_xapi_statement_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_statement")),
    )
    op.create_table(
        "reported_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True, comment="only until it is decided whose person it is"),
        sa.Column("email", sa.Text(), nullable=True, comment="likewise"),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True, comment="present, over all times of joining"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attendance_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('mapped', 'undecided', 'ignored')", name=op.f("ck_reported_person_state")),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_reported_person_attendance_id_attendance")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["attendance_report.id"], name=op.f("fk_reported_person_report_id_attendance_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_person")),
    )
    op.create_index("ix_reported_person_report_id", "reported_person", ["report_id", "id"], unique=False)
    op.add_column(
        "supplier_copy",
        sa.Column(
            "email_domain",
            sa.Text(),
            nullable=True,
            comment="by which people of meetings are recognised as theirs",
        ),
    )
    # What the registry told before has the domains too: its feed is read from the beginning once more.
    op.execute("UPDATE feed_cursor SET base = base + seq, seq = 0, epoch = NULL WHERE source = 'registry'")


def downgrade() -> None:
    op.drop_column("supplier_copy", "email_domain")
    op.drop_index("ix_reported_person_report_id", table_name="reported_person")
    op.drop_table("reported_person")
    op.drop_table("xapi_statement")
    op.drop_index("ix_group_message_group_id", table_name="group_message")
    op.drop_table("group_message")
    op.drop_table("attendance_report")
    op.drop_index("ix_finding_copy_supplier_id", table_name="finding_copy")
    op.drop_table("finding_copy")
    op.drop_index("uq_chat_group_sealed_key", table_name="chat_group", postgresql_where=sa.text("withdrawn_on IS NULL"))
    op.drop_table("chat_group")
