"""views and completions of courses are withdrawn"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.locks import hold

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNIQUE = "uq_course_completion_course_id_supplier_id_person_ref_on"
COMPLETED = ["course_id", "supplier_id", "person_ref", "on"]


def upgrade() -> None:
    hold("course_view", "course_completion")
    for table in ("course_view", "course_completion"):
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        op.add_column(table, sa.Column("withdrawn_on", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("reason", sa.Text(), nullable=True))
    op.drop_constraint(op.f(UNIQUE), "course_completion", type_="unique")
    op.create_index(
        UNIQUE, "course_completion", COMPLETED, unique=True, postgresql_where=sa.text("withdrawn_on IS NULL")
    )


def downgrade() -> None:
    # What was withdrawn is not there for code that does not know of it.
    for table in ("course_view", "course_completion"):
        op.execute(f"DELETE FROM {table} WHERE withdrawn_on IS NOT NULL")  # noqa: S608  # one of two names above
    op.drop_index(UNIQUE, "course_completion")
    op.create_unique_constraint(op.f(UNIQUE), "course_completion", COMPLETED)
    for table in ("course_view", "course_completion"):
        for column in ("reason", "withdrawn_on", "version"):
            op.drop_column(table, column)
