"""suppliers and clients"""

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
        "supplier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("supply_tier", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("commodities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("annual_spend", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True, comment="a company mailbox; only its domain leaves the registry"),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('general', 'key', 'oem')", name=op.f("ck_supplier_kind")),
        sa.CheckConstraint(
            "status IN ('prospect', 'active', 'probation', 'suspended', 'inactive')", name=op.f("ck_supplier_status")
        ),
        sa.CheckConstraint("supply_tier BETWEEN 1 AND 9", name=op.f("ck_supplier_supply_tier")),
        sa.ForeignKeyConstraint(["merged_into"], ["supplier.id"], name=op.f("fk_supplier_merged_into_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("code", name=op.f("uq_supplier_code")),
    )
    op.create_index("ix_supplier_commodities", "supplier", ["commodities"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_supplier_merged_into"), "supplier", ["merged_into"], unique=False)
    op.create_table(
        "api_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("previous_valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_api_client_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_client")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_certificate_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
    )
    op.create_index("ix_certificate_supplier_id", "certificate", ["supplier_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_contact_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_supplier_id", "contact", ["supplier_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("site_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("first_listed", sa.Integer(), nullable=True),
        sa.Column("last_listed", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_site_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("supplier_id", "site_code", name=op.f("uq_site_supplier_id_site_code")),
    )
    op.create_table(
        "supplier_identifier",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False, comment="empty where the scheme has only one"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_identifier_supplier_id_supplier")
        ),
        sa.PrimaryKeyConstraint("scheme", "system", "value", name=op.f("pk_supplier_identifier")),
    )
    op.create_index("ix_supplier_identifier_supplier_id", "supplier_identifier", ["supplier_id"], unique=False)
    op.create_index("ix_supplier_identifier_value", "supplier_identifier", ["value"], unique=False)
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
    prepare_mechanisms("registry")


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
    op.drop_table("feed_state")
    op.drop_index("uq_feed_event_feed_seq", table_name="feed_event")
    op.drop_index("ix_feed_event_unnumbered", table_name="feed_event", postgresql_where=sa.text("feed_seq IS NULL"))
    op.drop_index("ix_feed_event_resource_id", table_name="feed_event")
    op.drop_table("feed_event")
    op.drop_index("ix_supplier_identifier_value", table_name="supplier_identifier")
    op.drop_index("ix_supplier_identifier_supplier_id", table_name="supplier_identifier")
    op.drop_table("supplier_identifier")
    op.drop_table("site")
    op.drop_index("ix_contact_supplier_id", table_name="contact")
    op.drop_table("contact")
    op.drop_index("ix_certificate_supplier_id", table_name="certificate")
    op.drop_table("certificate")
    op.drop_table("api_client")
    op.drop_index(op.f("ix_supplier_merged_into"), table_name="supplier")
    op.drop_index("ix_supplier_commodities", table_name="supplier", postgresql_using="gin")
    op.drop_table("supplier")
