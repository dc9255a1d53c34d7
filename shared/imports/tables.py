"""The tables of imports: the file as it came, its progress, its errors, and the last row per key."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import new_metadata

metadata = new_metadata()

run = Table(
    "import_run",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("encoding", Text, comment="of a text file: as the caller named it, else as it was recognised"),
    Column("reading", JSONB, nullable=False, server_default="{}", comment="how the caller wants the file read"),
    Column("dry_run", Boolean, nullable=False),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("total", Integer, comment="records in the file; null until counted"),
    Column(
        "processed",
        Integer,
        nullable=False,
        server_default="0",
        comment="records done: a restart goes on behind them",
    ),
    Column("succeeded", Integer, nullable=False, server_default="0", comment="applied or unchanged"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("error", Text, comment="why the file as a whole was not read"),
    Column("sub", Text, nullable=False),
    Column("client_id", Text),
    Column("person", Boolean, nullable=False),
    Column("supplier_id", Uuid, comment="of a client bound to a supplier: it brings in and sees only its own"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint("status IN ('queued', 'running', 'succeeded', 'partially_succeeded', 'failed')", name="status"),
)

chunk = Table(
    "import_chunk",
    metadata,
    Column("run_id", Uuid, ForeignKey("import_run.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

error = Table(
    "import_error",
    metadata,
    Column("run_id", Uuid, ForeignKey("import_run.id"), primary_key=True),
    Column("n", Integer, primary_key=True, comment="order of appearance"),
    Column("line", Integer, nullable=False),
    Column("column", Text, nullable=False),
    Column("message", Text, nullable=False),
)

row = Table(
    "import_row",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("values", JSONB, nullable=False, comment="the last row with this key, as text"),
)

mapping = Table(
    "import_mapping",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("document", JSONB, nullable=False, comment="how files of this shape are read"),
    Column("created_by", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
