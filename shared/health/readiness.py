"""Whether a process can do its work: its database is there, its schema is new enough, Redis answers."""

import asyncio
from typing import Literal

import structlog
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.db import Database
from shared.queue import Doorbell

PATIENCE_SECONDS = 2.0

SCHEMA = text("SELECT version_num FROM alembic_version")

log = structlog.get_logger()


class Readiness(BaseModel):
    """Whether requests should be sent here; without Redis they can be served, only slower to take effect.

    A process that was told to stop is `leaving`: it still answers, and wants to be asked nothing new.
    """

    status: Literal["ready", "degraded", "unready", "leaving"]
    database: bool = Field(description="The database answers within two seconds")
    migrations: bool = Field(description="Its schema is at least as new as the code; a newer one does no harm")
    redis: bool


async def check(database: Database, doorbell: Doorbell, schema_step: int) -> Readiness:
    """Ask both servers; `schema_step` is the migration that the code needs."""
    step: int | None = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), database.snapshot() as session:
            step = int((await session.execute(SCHEMA)).scalar_one())
        answers = True
    except (SQLAlchemyError, OSError) as error:
        # A database without the table answers, and is not migrated.
        answers = getattr(getattr(error, "orig", None), "sqlstate", None) == "42P01"
        log.warning("not ready", error=type(error).__name__)
    migrated = step is not None and step >= schema_step
    redis = await doorbell.is_reachable()
    status: Literal["ready", "degraded", "unready"] = (
        "unready" if not answers or not migrated else "ready" if redis else "degraded"
    )
    return Readiness(status=status, database=answers, migrations=migrated, redis=redis)
