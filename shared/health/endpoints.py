"""Liveness, readiness and metrics, for those who operate the services."""

from typing import Literal

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from shared.health import figures, readiness
from shared.health.readiness import Readiness
from shared.web.caller import Opened
from shared.web.route import new_router

router = new_router(tag="health")


class Liveness(BaseModel):
    """The process runs and its event loop turns."""

    status: Literal["alive"]


@router.get("/livez")
async def livez() -> Liveness:
    """Whether the process is alive; asks nobody else."""
    return Liveness(status="alive")


@router.get("/readyz")
async def readyz(request: Request, resources: Opened, response: Response) -> Readiness:
    """Whether the service can serve: 503 without database and schema or while it stops, `degraded` without Redis."""
    found = await readiness.check(resources.database, resources.doorbell, resources.settings.schema_step)
    if request.app.state.leaving:
        found.status = "leaving"
    if found.status in ("unready", "leaving"):
        response.status_code = 503
    return found


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request, resources: Opened) -> Response:
    """Figures in Prometheus's text format."""
    content = await figures.read(resources.database, resources.settings.service, request.app.state.figures)
    return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})
