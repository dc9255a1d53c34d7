"""certificate reminders"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "certificate_reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="what gave rise to it, such as a completed course"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True, comment="when the certificate came, or the matter was settled"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_certificate_reminder_supplier_id_supplier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_reminder")),
        sa.UniqueConstraint(
            "supplier_id", "standard", "source_id", name=op.f("uq_certificate_reminder_supplier_id_standard_source_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("certificate_reminder")
