"""One door to the four services, with one page of documentation and the local people's issuer behind it."""

import json
import os
import posixpath
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from local.environment import SERVICES
from local.people import PeopleIssuer
from local.supervisor import PROJECT
from shared.auth.keys import load_private_key
from shared.web.documentation import endpoints as documentation

DOCUMENTATION = PROJECT / "deploy" / "docs.html"

# For the machine that runs the services, not for who comes through the door.
CLOSED = frozenset({"livez", "readyz", "metrics"})
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
NOT_PASSED_ON = HOP_BY_HOP | {b"host", b"x-forwarded-prefix"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TIMEOUT = httpx.Timeout(120.0, connect=5.0)  # the longest answer is a feed that waits for news


class Door:
    """Passes requests on to `services` (name -> URL) by the first part of their path."""

    def __init__(self, services: dict[str, str], transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`transport` replaces the network in tests."""
        self._services = services
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        self._client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, limits=limits, trust_env=False)

    async def close(self) -> None:
        """Close the connections to the services."""
        await self._client.aclose()

    async def index(self, _request: Request) -> Response:
        """To the documentation."""
        return RedirectResponse("/docs")

    async def docs(self, _request: Request) -> Response:
        """The documentation of all services on one page."""
        return HTMLResponse(DOCUMENTATION.read_text(encoding="utf-8"), headers=documentation.HEADERS)

    async def asset(self, request: Request) -> Response:
        """What that page is made of."""
        name = request.path_params["name"]
        if name not in documentation.ASSETS:
            return problem(404, "Not Found", "There is nothing at this address.")
        return documentation.asset(name)

    async def forward(self, request: Request) -> Response:
        """Pass a request on and its answer back, both as streams."""
        service = request.path_params["service"]
        path = posixpath.normpath("/" + request.path_params["path"].lstrip("/"))
        if service not in self._services or path.split("/")[1] in CLOSED:
            return problem(404, "Not Found", "There is nothing at this address.")
        if path == "/docs":
            return RedirectResponse(f"/docs?urls.primaryName={service}")
        raw_path = request.scope["raw_path"].split(b"?")[0].removeprefix(f"/{service}".encode()) or b"/"
        target = httpx.URL(self._services[service]).copy_with(
            raw_path=raw_path + (b"?" + request.scope["query_string"] if request.scope["query_string"] else b"")
        )
        outgoing = self._client.build_request(
            request.method,
            target,
            headers=_passed_on(request, service),
            content=request.stream() if _has_body(request) else None,
        )
        try:
            answer = await self._client.send(outgoing, stream=True)
        except ClientDisconnect:
            return Response(status_code=499)
        except httpx.TimeoutException:
            return problem(504, "Gateway Timeout", f"The {service} service did not answer in time.")
        except httpx.HTTPError:
            return away(service)
        response = StreamingResponse(_body(answer), status_code=answer.status_code)
        response.raw_headers = [*_passed_back(answer, service)]
        return response


def problem(status: int, title: str, detail: str) -> Response:
    """An error in the form of RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def away(service: str) -> Response:
    """The answer while a service cannot be reached."""
    answer = problem(503, "Service Unavailable", f"The {service} service cannot be reached now; try again.")
    answer.headers["Retry-After"] = "1"
    return answer


def create_app(door: Door, people: PeopleIssuer) -> Starlette:
    """The door's application."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await door.close()

    return Starlette(
        routes=[
            Route("/", door.index),
            Route("/docs", door.docs),
            Route("/docs/assets/{name}", door.asset),
            Mount("/people", routes=people.routes()),
            Route("/{service}/{path:path}", door.forward, methods=METHODS),
            Route("/{service}", lambda _request: problem(404, "Not Found", "There is nothing at this address.")),
        ],
        lifespan=lifespan,
    )


def main() -> None:
    """Serve until told to stop."""
    environment = os.environ
    key = load_private_key(Path(environment["PEOPLE_KEY_FILE"]))
    people = json.loads(Path(environment["PEOPLE_FILE"]).read_text(encoding="utf-8"))
    door = Door({service: environment[f"{service.upper()}_URL"] for service in SERVICES})
    app = create_app(door, PeopleIssuer(environment["OIDC_ISSUER"], key, people))
    uvicorn.run(
        app,
        host=environment["HOST"],
        port=int(environment["PORT"]),
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _passed_on(request: Request, service: str) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in request.headers.raw if name not in NOT_PASSED_ON]
    # A service's OpenAPI document then says that it is reached through this door.
    kept.append((b"x-forwarded-prefix", f"/{service}".encode()))
    if request.client is not None:
        kept.append((b"x-forwarded-for", request.client.host.encode()))
    return kept


def _passed_back(answer: httpx.Response, service: str) -> list[tuple[bytes, bytes]]:
    kept = []
    for name, value in answer.headers.raw:
        lower = name.lower()
        if lower in HOP_BY_HOP:
            continue
        # A service names its resources by paths of its own.
        passed = f"/{service}".encode() + value if lower == b"location" and value.startswith(b"/") else value
        kept.append((lower, passed))
    return kept


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


if __name__ == "__main__":
    main()
