"""finding commitments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.locks import hold

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    hold("finding")
    op.create_table(
        "finding_commitment",
        sa.Column("id", sa.Uuid(), nullable=False, comment="given by whoever tells of it"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False, comment="reference of the meeting in which it was made"),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("kept_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True, comment="how it was kept, or why it was withdrawn"),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kept_on IS NULL OR withdrawn_on IS NULL", name=op.f("ck_finding_commitment_ended_once")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_commitment_finding_id_finding")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_commitment")),
    )
    op.create_index(op.f("ix_finding_commitment_due_on"), "finding_commitment", ["due_on"], unique=False)
    op.create_index("ix_finding_commitment_finding_id", "finding_commitment", ["finding_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_finding_commitment_finding_id", table_name="finding_commitment")
    op.drop_index(op.f("ix_finding_commitment_due_on"), table_name="finding_commitment")
    op.drop_table("finding_commitment")
