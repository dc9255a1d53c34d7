"""The audit service's tables."""

from shared import feed, imports, journal, tasks
from shared.feed import following
from shared.web import idempotency

TABLES = (
    feed.metadata,
    following.metadata,
    journal.metadata,
    tasks.metadata,
    imports.metadata,
    idempotency.metadata,
)
