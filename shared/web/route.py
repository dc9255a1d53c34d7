"""The route class of every router: what must happen around each endpoint, once."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from shared.web import etags, idempotency
from shared.web.problems import Problem

SUCCESS = range(200, 300)


class Route(APIRoute):
    """Keeps the answer of a keyed POST in its transaction, and answers conditional GETs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_around(request: Request) -> Response:
            response = await handle(request)
            pending: idempotency.Pending | None = getattr(request.state, "idempotency", None)
            if pending is not None and response.status_code in SUCCESS:
                await idempotency.keep(pending, response)
            return finished(request, response)

        return handle_around


def finished(request: Request, response: Response) -> Response:
    """`response` with what caches have to know; 304 in its place where the caller holds it already."""
    if request.method == "GET":
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault("Vary", "Accept, Authorization")
    return etags.answer_conditionally(request, response)


def new_router(prefix: str = "", tag: str = "") -> APIRouter:
    """A router whose routes behave as this project's do, and say so in their description."""
    return APIRouter(
        prefix=prefix,
        tags=[tag] if tag else [],
        route_class=Route,
        responses={"default": {"model": Problem, "description": "What went wrong (RFC 9457)"}},
        generate_unique_id_function=lambda route: route.name,
    )
