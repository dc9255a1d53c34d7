"""how import files are read"""

from collections.abc import Sequence

from migrations.mechanisms import add_ways_of_reading_files, drop_ways_of_reading_files

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    add_ways_of_reading_files()


def downgrade() -> None:
    drop_ways_of_reading_files()
