"""Events and tasks know the request that brought them about."""

from collections.abc import Sequence

from migrations.mechanisms import add_traces, drop_traces

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    add_traces()


def downgrade() -> None:
    drop_traces()
