"""Liveness, readiness and metrics, for those who operate the services."""

from collections.abc import Awaitable, Callable
from typing import Literal

import structlog
from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.db import Database
from shared.web.caller import Opened
from shared.web.route import new_router

Refresh = Callable[[Database], Awaitable[None]]
"""Looks into the database for figures that are kept there, before they are told."""

router = new_router(tag="health")
log = structlog.get_logger()


class Liveness(BaseModel):
    """The process runs and its event loop turns."""

    status: Literal["alive"]


class Readiness(BaseModel):
    """Whether requests can be served; without Redis they can, only slower to take effect."""

    status: Literal["ready", "degraded", "unready"]
    database: bool
    redis: bool


@router.get("/livez")
async def livez() -> Liveness:
    """Whether the process is alive; asks nobody else."""
    return Liveness(status="alive")


@router.get("/readyz")
async def readyz(resources: Opened, response: Response) -> Readiness:
    """Whether the service can serve: 503 without its database and schema, `degraded` without Redis."""
    try:
        async with resources.database.snapshot() as session:
            await session.execute(text("SELECT 1 FROM feed_state"))
        database = True
    except (SQLAlchemyError, OSError) as error:
        log.warning("not ready", error=type(error).__name__)
        database = False
    redis = await resources.doorbell.is_reachable()
    if not database:
        response.status_code = 503
    return Readiness(
        status="unready" if not database else "ready" if redis else "degraded", database=database, redis=redis
    )


@router.get("/metrics")
async def metrics(request: Request, resources: Opened) -> Response:
    """Figures in Prometheus's text format."""
    for refresh in request.app.state.figures:
        try:
            await refresh(resources.database)
        except (SQLAlchemyError, OSError) as error:
            # They stay as they were at the last look; whatever this process counts itself is told in any case.
            log.warning("figures not read", error=type(error).__name__)
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
