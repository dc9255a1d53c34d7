"""Building a service's application: the same surroundings for every set of routes."""

import contextlib
import gc
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from shared.feed import endpoints as feed_endpoints
from shared.health import endpoints as health_endpoints
from shared.health.figures import Figure
from shared.journal import endpoints as journal_endpoints
from shared.leaving import Leaving, Server
from shared.logging import configure_logging
from shared.openapi import describing
from shared.openapi import endpoints as openapi_endpoints
from shared.settings import Settings
from shared.tasks import endpoints as tasks_endpoints
from shared.web import middleware, problems
from shared.web.documentation import endpoints as documentation_endpoints
from shared.web.resources import Resources

VERSION = "0.1.0"
STARTUP_FAILURE = 3
"""Uvicorn's own exit code for it."""

AnySettings = TypeVar("AnySettings", bound=Settings)
OpenResources = Callable[[AnySettings], AbstractAsyncContextManager[Resources]]


def build_app(
    settings_class: type[AnySettings],
    open_resources: OpenResources[AnySettings],
    routers: Sequence[APIRouter],
    *,
    title: str,
    description: str,
    tags: Mapping[str, str],
    webhooks: APIRouter | None = None,
    figures: Sequence[Figure] = (),
    innermost: Sequence[Callable[[ASGIApp], ASGIApp]] = (),
    settings: AnySettings | None = None,
) -> FastAPI:
    """A service's application; what it needs is opened when it starts, not when it is built.

    `routers` are those of `new_router`, and include no others. `tags` say in its description what its groups of routes
    are, `webhooks` are what it sends of itself; `figures` are those of its own that /metrics tells, `innermost` is
    middleware of its own, within all other. `settings` are read from the environment at start where they are not given.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings or settings_class.load()) as app.state.resources:
            yield

    app = FastAPI(
        title=title,
        description=description,
        version=VERSION,
        lifespan=lifespan,
        openapi_url=None,  # FastAPI's own knows no door: `openapi_endpoints` has it
        docs_url=None,  # FastAPI's own pages have a browser fetch them from elsewhere
        redoc_url=None,
        license_info=describing.LICENCE,
        separate_input_output_schemas=False,
        webhooks=webhooks,
    )
    app.state.figures, app.state.leaving = figures, Leaving()
    problems.install(app)
    for own in innermost:
        app.add_middleware(own)
    middleware.install(app, settings_class.service)
    for router in (
        *routers,
        feed_endpoints.router,
        journal_endpoints.router,
        tasks_endpoints.router,
        health_endpoints.router,
        documentation_endpoints.router,
        openapi_endpoints.router,
    ):
        # As they are: to include them, FastAPI would make each a second time while the first request waits, keep both
        # (4 MB), and take some 50 microseconds of every request to look through them.
        app.router.routes.extend(router.routes)
    describing.install(app, settings_class.service, _folder_of(settings_class), tags)
    return app


def _folder_of(settings_class: type[Settings]) -> Path:
    """The folder of a service: where its settings stand."""
    return Path(inspect.getfile(settings_class)).parent


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve `app` until SIGTERM, then leave as `shared.leaving` has it; exits with 3 where it cannot begin."""
    configure_logging(settings.service, settings.log_level, settings.log_format)
    # All that the application is made of stays to the end: no request should have it searched for garbage.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )
    server = Server(config, app.state.leaving, settings.drain_seconds)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
