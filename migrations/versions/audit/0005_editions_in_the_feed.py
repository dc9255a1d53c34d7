"""What the feed tells of a standard names its edition `code_version`: `version` is the resource's own."""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# By the standards' ids, which the feed is indexed by: of these there are few, of events very many.
RENAME = """
    UPDATE feed_event SET data = (data - '{before}') || jsonb_build_object('{after}', data -> '{before}')
    WHERE resource = 'standard' AND data ? '{before}' AND resource_id IN (SELECT id FROM standard)
"""


def upgrade() -> None:
    op.execute(RENAME.format(before="version", after="code_version"))


def downgrade() -> None:
    op.execute(RENAME.format(before="code_version", after="version"))
