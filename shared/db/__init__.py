"""PostgreSQL: connections of a process to its service's own schema, rows in bulk, and what failures mean."""

from shared.db.connecting import GRACE_SECONDS, Database, Transactions, as_address, connect, opening
from shared.db.failures import is_outage, is_passing, may_have_committed
from shared.db.rows import Rows, insert_rows, write_rows
from shared.db.tables import new_metadata, table_of

__all__ = [
    "GRACE_SECONDS",
    "Database",
    "Rows",
    "Transactions",
    "as_address",
    "connect",
    "insert_rows",
    "is_outage",
    "is_passing",
    "may_have_committed",
    "new_metadata",
    "opening",
    "table_of",
    "write_rows",
]
