"""What the shared mechanisms need in every schema: one text for the steps of all services."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locks import hold


def prepare_mechanisms(service: str) -> None:
    """Begin the feed's epoch, and make the audit log append-only for the service's role."""
    op.execute("INSERT INTO feed_state (epoch) VALUES (gen_random_uuid())")
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM {service}")


def add_ways_of_reading_files() -> None:
    """Where imports remember how files are to be read, and whose they are."""
    op.create_table(
        "import_mapping",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="how files of this shape are read",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("id", name=op.f("uq_import_mapping_id")),
    )
    op.add_column(
        "import_run",
        sa.Column(
            "encoding",
            sa.Text(),
            nullable=True,
            comment="of a text file: as the caller named it, else as it was recognised",
        ),
    )
    op.add_column(
        "import_run",
        sa.Column(
            "reading",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="how the caller wants the file read",
        ),
    )
    op.add_column(
        "import_run",
        sa.Column(
            "supplier_id",
            sa.Uuid(),
            nullable=True,
            comment="of a client bound to a supplier: it brings in and sees only its own",
        ),
    )


def drop_ways_of_reading_files() -> None:
    """Undo that."""
    op.drop_column("import_run", "supplier_id")
    op.drop_column("import_run", "reading")
    op.drop_column("import_run", "encoding")
    op.drop_table("import_mapping")


def add_traces() -> None:
    """Where events and tasks remember the request that brought them about; dead letters are found by an index."""
    hold("task", "feed_event")
    op.create_index("ix_task_dead", "task", ["id"], unique=False, postgresql_where=sa.text("status = 'dead'"))
    op.add_column(
        "feed_event", sa.Column("trace", sa.Text(), nullable=True, comment="traceparent of what brought it about")
    )
    op.add_column(
        "task", sa.Column("trace", sa.Text(), nullable=True, comment="traceparent of the request that asked for it")
    )


def drop_traces() -> None:
    """Undo that."""
    op.drop_index("ix_task_dead", table_name="task", postgresql_where=sa.text("status = 'dead'"))
    op.drop_column("task", "trace")
    op.drop_column("feed_event", "trace")
