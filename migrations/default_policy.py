"""The policy that scoring begins with, as it was when its schema was made."""

import json
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

IN_FORCE_FROM = date(1970, 1, 1)


def insert_default_policy() -> None:
    """Publish policy `default`, version 1, in force on every day before the next one's first."""
    document = Path(__file__).parent / "versions" / "scoring" / "default_policy.json"
    policy = sa.table(
        "policy",
        sa.column("version", sa.Integer),
        sa.column("name", sa.Text),
        sa.column("status", sa.Text),
        sa.column("valid_from", sa.Date),
        sa.column("document", JSONB),
        sa.column("created_by", sa.Text),
    )
    row = {
        "version": 1,
        "name": "default",
        "status": "published",
        "valid_from": IN_FORCE_FROM,
        "document": json.loads(document.read_text(encoding="utf-8")),
        "created_by": "bellwether",
    }
    op.bulk_insert(policy, [row])
