"""A worker's own small door, for those who operate it: /livez, /readyz and /metrics, nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.health import readiness
from shared.web.resources import Resources


class _Server(uvicorn.Server):
    """Leaves the signals to the worker, which ends it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def serving_health(resources: Resources) -> AsyncIterator[None]:
    """Serve at `HEALTH_PORT` for the time of the block; without one, not at all."""
    settings = resources.settings
    if not settings.health_port:
        yield
        return
    config = uvicorn.Config(
        _app(resources),
        host=settings.host,
        port=settings.health_port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _app(resources: Resources) -> Starlette:
    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        found = await readiness.check(resources.database, resources.doorbell, resources.settings.schema_step)
        return JSONResponse(found.model_dump(), status_code=503 if found.status == "unready" else 200)

    async def metrics(_request: Request) -> Response:
        # What the database knows is told by the service's API; here is what this process did.
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])
