"""The scoring service's tables."""

from services.scoring.models import (
    allocations,
    evidence,
    identifications,
    overrides,
    performance,
    recalculations,
    reports,
    reviews,
    scores,
    simulations,
    sourcing,
    webhooks,
)
from services.scoring.models.base import Base
from shared import feed, imports, journal, tasks
from shared.feed import following
from shared.web import idempotency

__all__ = [
    "TABLES",
    "allocations",
    "evidence",
    "identifications",
    "overrides",
    "performance",
    "recalculations",
    "reports",
    "reviews",
    "scores",
    "simulations",
    "sourcing",
    "webhooks",
]

TABLES = (
    Base.metadata,
    feed.metadata,
    following.metadata,
    journal.metadata,
    tasks.metadata,
    imports.metadata,
    idempotency.metadata,
)
"""All tables of the schema: its own, and those of the mechanisms that it uses."""
