"""Events, tasks and marks know the request that brought them about."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.locks import hold
from migrations.mechanisms import add_traces, drop_traces

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    hold("task", "feed_event", "dirty")
    add_traces()
    op.add_column(
        "dirty",
        sa.Column("since", sa.DateTime(timezone=True), nullable=True, comment="when the oldest of it happened"),
    )
    op.add_column("dirty", sa.Column("trace", sa.Text(), nullable=True, comment="traceparent of what brought it about"))


def downgrade() -> None:
    op.drop_column("dirty", "trace")
    op.drop_column("dirty", "since")
    drop_traces()
