"""Routes that answer with pages, faults included: whoever is here reads no problem documents."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from shared.db import is_passing
from shared.errors import BellwetherError
from shared.web.html.pages import Pages
from shared.web.problems import STATUS_OF

log = structlog.get_logger()


def page_router(pages: Pages) -> APIRouter:
    """A router for pages; they are no part of the API and stand in no description of it."""

    class PageRoute(APIRoute):
        """Says what went wrong with a page."""

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            if self.methods and scope["method"] not in self.methods:
                answer = pages.fault("error", HTTPStatus.METHOD_NOT_ALLOWED)
                answer.headers["Allow"] = ", ".join(sorted(self.methods))
                await answer(scope, receive, send)
            else:
                await super().handle(scope, receive, send)

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handle_with_pages(request: Request) -> Response:
                try:
                    return await handle(request)
                except BellwetherError as error:
                    return _fault_of(pages, error)
                except (RequestValidationError, HTTPException) as error:
                    cause = error.__cause__
                    return _fault_of(pages, cause) if isinstance(cause, BellwetherError) else pages.fault("error", 400)
                except (UnicodeError, ClientDisconnect):
                    # Text in no encoding, which no browser sends; or a body that broke off, whose answer nobody reads.
                    return pages.fault("error", 400)
                except Exception as error:
                    log.exception("a page could not be made")
                    return pages.fault("unavailable", 503) if is_passing(error) else pages.fault("error", 500)

            return handle_with_pages

    return APIRouter(route_class=PageRoute, include_in_schema=False)


def _fault_of(pages: Pages, error: BellwetherError) -> Response:
    kinds = (kind for kind in type(error).__mro__ if kind in STATUS_OF)
    return pages.fault(error.code, STATUS_OF.get(next(kinds, BellwetherError), HTTPStatus.BAD_REQUEST))
