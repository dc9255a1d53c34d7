"""audits, findings and surveys"""

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
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("year", name=op.f("uq_survey_year")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audit_ref", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("auditor", sa.Text(), nullable=True),
        sa.Column("scope", postgresql.ARRAY(sa.Text()), nullable=False, comment="risk categories; empty for all"),
        sa.Column("site_code", sa.Text(), nullable=True),
        sa.Column("conducted_on", sa.Date(), nullable=False),
        sa.Column("report_received_on", sa.Date(), nullable=True),
        sa.Column("score", sa.Numeric(precision=7, scale=2), nullable=True, comment="as the report says it"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('vap', 'cma', 'supplemental', 'internal', 'closure', 'document_review', 'regulatory', 'incident')",
            name=op.f("ck_audit_kind"),
        ),
        sa.CheckConstraint(
            "outcome IN ('approved', 'conditionally_approved', 'rejected')", name=op.f("ck_audit_outcome")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier_copy.id"], name=op.f("fk_audit_supplier_id_supplier_copy")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("audit_ref", name=op.f("uq_audit_audit_ref")),
    )
    op.create_index("ix_audit_supplier_id", "audit", ["supplier_id", "id"], unique=False)
    op.create_table(
        "survey_response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True, comment="the first day on which there was an answer"),
        sa.Column(
            "scores",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="category -> {score, submitted_on}",
        ),
        sa.CheckConstraint("(survey_id IS NULL) = (due_on IS NULL)", name=op.f("ck_survey_response_asked")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier_copy.id"], name=op.f("fk_survey_response_supplier_id_supplier_copy")
        ),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_survey_response_survey_id_survey")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_response")),
        sa.UniqueConstraint("supplier_id", "year", name=op.f("uq_survey_response_supplier_id_year")),
    )
    op.create_index("ix_survey_response_survey_id", "survey_response", ["survey_id", "id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("finding_ref", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=True),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("site_code", sa.Text(), nullable=True, comment="the audit's, unless site_given"),
        sa.Column("site_given", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("internal_note", sa.Text(), nullable=True, comment="never shown to the supplier"),
        sa.Column("discovered_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "due_given", sa.Boolean(), nullable=False, comment="by whoever recorded or extended it: no clock changes it"
        ),
        sa.Column("plan_due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="where the transitions have led"),
        sa.Column(
            "imported",
            sa.Boolean(),
            nullable=False,
            comment="all of its life so far came by files; a step taken here ends that",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("severity IN ('priority', 'major', 'minor')", name=op.f("ck_finding_severity")),
        sa.CheckConstraint(
            "status IN ('open', 'plan_submitted', 'plan_approved', 'plan_rejected', 'implemented', 'closed', 'withdrawn')",
            name=op.f("ck_finding_status"),
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_finding_audit_id_audit")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier_copy.id"], name=op.f("fk_finding_supplier_id_supplier_copy")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("finding_ref", name=op.f("uq_finding_finding_ref")),
    )
    op.create_index("ix_finding_audit_id", "finding", ["audit_id", "id"], unique=False)
    op.create_index("ix_finding_supplier_id", "finding", ["supplier_id", "id"], unique=False)
    op.create_index(
        "ix_finding_unmended",
        "finding",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'plan_submitted', 'plan_approved', 'plan_rejected')"),
    )
    op.create_table(
        "finding_extension",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False, comment="order of recording"),
        sa.Column("due_on_before", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_extension_finding_id_finding")),
        sa.PrimaryKeyConstraint("finding_id", "n", name=op.f("pk_finding_extension")),
    )
    op.create_table(
        "finding_transition",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False, comment="order of recording"),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="opaque id of the person or machine"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_transition_finding_id_finding")),
        sa.PrimaryKeyConstraint("finding_id", "n", name=op.f("pk_finding_transition")),
    )
    op.create_table(
        "plan",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False, comment="order of submission"),
        sa.Column("root_cause", sa.Text(), nullable=False),
        sa.Column("containment_action", sa.Text(), nullable=True),
        sa.Column("corrective_action", sa.Text(), nullable=False),
        sa.Column("preventive_action", sa.Text(), nullable=True),
        sa.Column("completes_on", sa.Date(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_plan_finding_id_finding")),
        sa.PrimaryKeyConstraint("finding_id", "n", name=op.f("pk_plan")),
    )
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
    prepare_mechanisms("audit")


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
    op.drop_table("plan")
    op.drop_table("finding_transition")
    op.drop_table("finding_extension")
    op.drop_index(
        "ix_finding_unmended",
        table_name="finding",
        postgresql_where=sa.text("status IN ('open', 'plan_submitted', 'plan_approved', 'plan_rejected')"),
    )
    op.drop_index("ix_finding_supplier_id", table_name="finding")
    op.drop_index("ix_finding_audit_id", table_name="finding")
    op.drop_table("finding")
    op.drop_index("ix_survey_response_survey_id", table_name="survey_response")
    op.drop_table("survey_response")
    op.drop_index("ix_audit_supplier_id", table_name="audit")
    op.drop_table("audit")
    op.drop_table("survey")
    op.drop_index(op.f("ix_supplier_copy_code"), table_name="supplier_copy")
    op.drop_table("supplier_copy")
