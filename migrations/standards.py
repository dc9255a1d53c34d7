"""The editions of standards that the catalogue begins with, as they were when its tables were made."""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.ids import new_id

FOLDER = Path(__file__).parent / "versions" / "audit"
STANDARD = sa.table(
    "standard",
    sa.column("id", sa.Uuid),
    sa.column("standard", sa.Text),
    sa.column("version", sa.Text),
    sa.column("title", sa.Text),
    sa.column("sections", JSONB),
    sa.column("created_by", sa.Text),
)
PROVISION = sa.table(
    "provision",
    sa.column("standard", sa.Text),
    sa.column("version", sa.Text),
    sa.column("code", sa.Text),
    sa.column("position", sa.Integer),
    sa.column("title", sa.Text),
    sa.column("section", sa.Text),
)


def insert_standards(*names: str) -> None:
    """Add the editions in the files of these names."""
    for name in names:
        document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        edition = {"standard": document["standard"], "version": document["version"]}
        header = {"id": new_id(), "title": document["title"], "sections": document["sections"]}
        op.bulk_insert(STANDARD, [edition | header | {"created_by": "bellwether"}])
        provisions = enumerate(document["provisions"], start=1)
        op.bulk_insert(PROVISION, [edition | provision | {"position": n} for n, provision in provisions])
