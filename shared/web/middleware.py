"""Around every request, as pure ASGI: its id, its limits, its log line and its metrics."""

import re
import time

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import tracing
from shared.errors import TooLarge
from shared.ids import new_id
from shared.leaving import Leaving
from shared.web.limiting import RateLimits
from shared.web.problems import problem

LARGEST_BODY = 1024 * 1024
LARGEST_IMPORT = 50 * 1024 * 1024
LARGEST_UPLOAD = 25 * 1024 * 1024
UPLOADS = ("/evidence", "/files")
"""How the paths end to which files are posted that are kept as they are."""
LONG_TOKEN = re.compile(r"[\w-]{40,}")
"""What a link in a mail brings in its path; whoever read it in a log could open what it opens."""
NUL_IN_URL = "The address holds a NUL character (%00); leave it out."
QUIET_PATHS = ("/livez", "/readyz", "/metrics")
POLLED_PATHS = (*QUIET_PATHS, "/v1/feed")
"""Asked for all the time, and nearly always in vain: of no interest but in the trace of whoever asks."""
SERVER_ERROR = 500

REQUESTS = Counter("bellwether_http_requests_total", "Requests answered", ["service", "method", "route", "status"])
SECONDS = Histogram("bellwether_http_request_seconds", "Time to answer", ["service", "method", "route"])

log = structlog.get_logger()


class Surround:
    """Gives each request an id, counts its body, logs and measures it, and turns a crash into a problem."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        """Wrap `app`."""
        self.app = app
        self.service = service
        self._found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = scope["request_id"] = str(new_id())
        leaving: Leaving = scope["app"].state.leaving
        status = 500
        begun = False

        async def send_marked(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun, status = True, message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    *(((b"connection", b"close"),) if leaving else ()),
                ]
            await send(message)

        largest = _largest_body(scope["path"])
        with (
            structlog.contextvars.bound_contextvars(service=self.service, request_id=request_id),
            tracing.following(
                _traceparent(scope), scope["method"], "server", is_worth_recording=scope["path"] not in POLLED_PATHS
            ) as span,
        ):
            try:
                if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                    # No database can hold it: said at once, whoever would stumble over it, here or in another service.
                    await problem(scope["path"], request_id, 422, "invalid", NUL_IN_URL)(scope, receive, send_marked)
                else:
                    await self.app(scope, _counted(receive, _announced(scope), largest), send_marked)
            except Exception:
                log.exception("request failed")
                if begun:
                    raise
                answer = problem(scope["path"], request_id, 500, "internal-error", "Something went wrong on our side.")
                await answer(scope, receive, send_marked)
            self._note(scope, status, time.perf_counter() - started, span)

    def _note(self, scope: Scope, status: int, seconds: float, span: tracing.Span) -> None:
        route = getattr(scope.get("route"), "path_format", "unknown")
        # Not the path: there is no telling what a span in somebody else's house would then tell.
        span.name = f"{scope['method']} {route}"
        span.attributes |= {
            "http.request.method": scope["method"],
            "http.route": route,
            "http.response.status_code": status,
        }
        if status >= SERVER_ERROR:
            span.error = str(status)
        requests, took = self._figures(scope["method"], route, status)
        requests.inc()
        took.observe(seconds)
        if scope["path"] not in QUIET_PATHS:
            log.info(
                "request",
                method=scope["method"],
                path=LONG_TOKEN.sub("***", scope["path"]),
                status=status,
                ms=round(seconds * 1000, 1),
            )

    def _figures(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Those of a route's answers, found once."""
        key = method, route, status
        if key not in self._found:
            self._found[key] = REQUESTS.labels(self.service, *key), SECONDS.labels(self.service, method, route)
        return self._found[key]


def _traceparent(scope: Scope) -> str | None:
    header = dict(scope["headers"]).get(b"traceparent")
    return None if header is None else header.decode("latin-1")


def _largest_body(path: str) -> int:
    if path.startswith("/v1/imports/"):
        return LARGEST_IMPORT
    return LARGEST_UPLOAD if path.endswith(UPLOADS) else LARGEST_BODY


def _announced(scope: Scope) -> int:
    """The Content-Length, or 0; chunked bodies are counted as they come."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _counted(receive: Receive, announced: int, largest: int) -> Receive:
    """`receive`, with an end to how much it hands on; whoever asks is told, in the way that its callers understand."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        if announced > largest:
            raise TooLarge(f"The body is larger than {largest} bytes.")
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > largest:
                raise TooLarge(f"The body is larger than {largest} bytes.")
        return message

    return counted


def install(app: FastAPI, service: str) -> None:
    """Put the middleware around `app`."""
    app.add_middleware(RateLimits)
    app.add_middleware(Surround, service=service)
