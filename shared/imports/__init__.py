"""Files of rows taken in by a worker: good rows are kept, bad ones are reported with their line."""

from shared.imports.kinds import ImportKind, Row, RowError, Unchanged
from shared.imports.tables import metadata

__all__ = ["ImportKind", "Row", "RowError", "Unchanged", "metadata"]
