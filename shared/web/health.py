"""Liveness, readiness and metrics, for those who operate the services."""

from typing import Literal

import structlog
from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.web.caller import Opened
from shared.web.route import new_router

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
async def metrics() -> Response:
    """Figures in Prometheus's text format."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
