"""events, attendances and courses"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.mechanisms import prepare_mechanisms

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("standard", sa.Text(), nullable=True),
        sa.Column("links", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False, comment="over all its views"),
        sa.Column("completions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("code", name=op.f("uq_course_code")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("provisions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False, comment="IANA name: where its wall clock hangs"),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column(
            "speakers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="persons: they do not leave this table",
        ),
        sa.Column(
            "person_times", sa.Integer(), nullable=False, comment="persons over its attendances that are not withdrawn"
        ),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('forum', 'training', 'support_meeting')", name=op.f("ck_event_kind")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_event_ends_after_it_starts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("event_ref", name=op.f("uq_event_event_ref")),
    )
    op.create_index(op.f("ix_event_starts_at"), "event", ["starts_at"], unique=False)
    op.create_table(
        "opening_balance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="the last day that it covers"),
        sa.Column("person_times", sa.Integer(), nullable=False),
        sa.Column("session_hours", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("person_hours", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("course_views", sa.Integer(), nullable=True),
        sa.Column("course_completions", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_balance")),
        sa.UniqueConstraint("as_of", name=op.f("uq_opening_balance_as_of")),
    )
    op.create_table(
        "participation",
        sa.Column("id", sa.Uuid(), nullable=False, comment="made of subject and supplier, and a course's day"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="the event or course"),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participation")),
    )
    op.create_index("ix_participation_subject_id", "participation", ["subject_id", "supplier_id"], unique=False)
    op.create_table(
        "supplier_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "pos", sa.BigInteger(), nullable=False, comment="place in the registry's feed; 0 where it was asked for"
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("supply_tier", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_copy")),
    )
    op.create_index(op.f("ix_supplier_copy_code"), "supplier_copy", ["code"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=True, comment="opaque; null for those who were only counted"),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("persons >= 1", name=op.f("ck_attendance_persons")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_attendance_rating")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_attendance_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_supplier_id", "attendance", ["supplier_id"], unique=False)
    op.create_index(
        "uq_attendance_event_id",
        "attendance",
        ["event_id", "supplier_id", "person_ref"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )
    op.create_table(
        "course_completion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_completion_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_completion")),
        sa.UniqueConstraint(
            "course_id",
            "supplier_id",
            "person_ref",
            "on",
            name=op.f("uq_course_completion_course_id_supplier_id_person_ref_on"),
        ),
    )
    op.create_index(op.f("ix_course_completion_on"), "course_completion", ["on"], unique=False)
    op.create_table(
        "course_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 1", name=op.f("ck_course_view_count")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_view_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_view")),
    )
    op.create_index("ix_course_view_course_id", "course_view", ["course_id"], unique=False)
    op.create_index(op.f("ix_course_view_on"), "course_view", ["on"], unique=False)
    op.create_table(
        "feed_event",
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7: the CloudEvent's id"),
        sa.Column(
            "feed_seq", sa.BigInteger(), nullable=True, comment="position, assigned by whoever reads; null until then"
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False, comment="the type up to its dot"),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the resource's full new state"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_event")),
    )
    op.create_index("ix_feed_event_resource_id", "feed_event", ["resource_id", "resource", "feed_seq"], unique=False)
    op.create_index(
        "ix_feed_event_unnumbered", "feed_event", ["id"], unique=False, postgresql_where=sa.text("feed_seq IS NULL")
    )
    op.create_index("uq_feed_event_feed_seq", "feed_event", ["feed_seq"], unique=True)
    op.create_table(
        "feed_state",
        sa.Column("singleton", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False, comment="another one after a restore: consumers then start over"),
        sa.Column(
            "head", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="the last number given"
        ),
        sa.CheckConstraint("singleton", name=op.f("ck_feed_state_one_row")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_feed_state")),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=True, comment="the source's epoch that seq counts in"),
        sa.Column(
            "seq", sa.BigInteger(), server_default="0", nullable=False, comment="the source's position read up to"
        ),
        sa.Column(
            "base", sa.BigInteger(), server_default="0", nullable=False, comment="added to seq, so that pos never falls"
        ),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_feed_cursor")),
    )
    op.create_table(
        "feed_parked",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("source", "pos", name=op.f("pk_feed_parked")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False, comment="who: opaque id of the person or machine"),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False, comment="what, in the past tense: supplier.updated"),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="field -> [before, after]"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_resource_id", "audit_log", ["resource_id", "id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "lease",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="grows with each claim: fences off late workers",
        ),
        sa.Column(
            "locked_until", sa.DateTime(timezone=True), nullable=True, comment="past this, the worker is taken for dead"
        ),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'running', 'succeeded', 'dead')", name=op.f("ck_task_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_due",
        "task",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "import_row",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "values",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the last row with this key, as text",
        ),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_import_row")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True, comment="records in the file; null until counted"),
        sa.Column(
            "processed",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="records done: a restart goes on behind them",
        ),
        sa.Column("succeeded", sa.Integer(), server_default="0", nullable=False, comment="applied or unchanged"),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True, comment="why the file as a whole was not read"),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("person", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'partially_succeeded', 'failed')",
            name=op.f("ck_import_run_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "import_chunk",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_chunk_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "n", name=op.f("pk_import_chunk")),
    )
    op.create_table(
        "import_error",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="order of appearance"),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_error_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "n", name=op.f("pk_import_error")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("sub", sa.Text(), nullable=False, comment="whose key it is"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="of method, path, query and body"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sub", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    prepare_mechanisms("engagement")


def downgrade() -> None:
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_table("import_error")
    op.drop_table("import_chunk")
    op.drop_table("import_run")
    op.drop_table("import_row")
    op.drop_index("ix_task_due", table_name="task", postgresql_where=sa.text("status IN ('queued', 'running')"))
    op.drop_table("task")
    op.drop_index("ix_audit_log_resource_id", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("feed_parked")
    op.drop_table("feed_cursor")
    op.drop_table("feed_state")
    op.drop_index("uq_feed_event_feed_seq", table_name="feed_event")
    op.drop_index("ix_feed_event_unnumbered", table_name="feed_event", postgresql_where=sa.text("feed_seq IS NULL"))
    op.drop_index("ix_feed_event_resource_id", table_name="feed_event")
    op.drop_table("feed_event")
    op.drop_index(op.f("ix_course_view_on"), table_name="course_view")
    op.drop_index("ix_course_view_course_id", table_name="course_view")
    op.drop_table("course_view")
    op.drop_index(op.f("ix_course_completion_on"), table_name="course_completion")
    op.drop_table("course_completion")
    op.drop_index(
        "uq_attendance_event_id",
        table_name="attendance",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )
    op.drop_index("ix_attendance_supplier_id", table_name="attendance")
    op.drop_table("attendance")
    op.drop_index(op.f("ix_supplier_copy_code"), table_name="supplier_copy")
    op.drop_table("supplier_copy")
    op.drop_index("ix_participation_subject_id", table_name="participation")
    op.drop_table("participation")
    op.drop_table("opening_balance")
    op.drop_index(op.f("ix_event_starts_at"), table_name="event")
    op.drop_table("event")
    op.drop_table("course")
