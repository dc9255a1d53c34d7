"""The door leads to every service by the first part of the path, and keeps closed what is not for visitors."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local.door import Door, create_app
from local.people import PeopleIssuer

SERVICES = {"registry": "http://registry.test", "audit": "http://audit.test"}


async def echo(request: Request) -> Response:
    """Answers with what arrived."""
    seen = {
        "host": request.url.hostname,
        "method": request.method,
        "path": request.scope["raw_path"].decode(),
        "query": request.url.query,
        "body": (await request.body()).decode(),
        "authorization": request.headers.get("authorization"),
    }
    headers = {"ETag": '"7"', "Location": "/v1/imports/1", "X-Request-Id": "r"}
    return JSONResponse(seen, status_code=202, headers=headers)


async def parts(_request: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"{number}\n".encode()

    return StreamingResponse(body(), media_type="text/csv")


BEHIND = Starlette(
    routes=[
        Route("/v1/parts", parts),
        Route("/{path:path}", echo, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]
)


def through(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    people = PeopleIssuer("http://door.test/people", OKPKey.generate_key("Ed25519", auto_kid=True), [])
    app = create_app(Door(SERVICES, transport), people)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door.test")


@pytest.fixture
def visitor() -> httpx.AsyncClient:
    return through(httpx.ASGITransport(BEHIND))


async def test_a_request_arrives_at_its_service_as_it_was_sent(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(
        "/audit/v1/findings/a%2Fb?status=open&x=%20", content=b"body", headers={"Authorization": "Bearer t"}
    )
    assert answer.json() == {
        "host": "audit.test",
        "method": "POST",
        "path": "/v1/findings/a%2Fb",
        "query": "status=open&x=%20",
        "body": "body",
        "authorization": "Bearer t",
    }


async def test_status_headers_and_the_address_of_what_was_made_come_back(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/registry/v1/suppliers")
    assert answer.status_code == 202
    assert answer.headers["etag"] == '"7"'
    assert answer.headers["location"] == "/registry/v1/imports/1", "it can be followed through the door"


async def test_an_answer_in_parts_arrives_whole(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/registry/v1/parts")).text == "0\n1\n2\n"


@pytest.mark.parametrize(
    "path",
    [
        "/registry/livez",
        "/registry/readyz",
        "/audit/metrics",
        "/audit/metrics/",
        "/audit//metrics",
        "/audit/./metrics",
        "/audit/v1/../metrics",
        "/audit/%6Detrics",
        "/audit/metrics/x",
        "/unknown/v1/suppliers",
        "/unknown/openapi.json",
        "/unknown",
    ],
)
async def test_closed_paths_are_not_found(path: str, visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_one_page_documents_every_service(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/docs")).text
    assert all(f"/{service}/openapi.json" in page for service in SERVICES)
    assert (await visitor.get("/")).headers["location"] == "/docs"
    assert (await visitor.get("/audit/docs")).headers["location"] == "/docs?urls.primaryName=audit"


def failing(error: type[httpx.TransportError]) -> Callable[[httpx.Request], Awaitable[httpx.Response]]:
    async def fail(request: httpx.Request) -> httpx.Response:
        raise error("away", request=request)

    return fail


@pytest.mark.parametrize(("error", "status"), [(httpx.ConnectError, 503), (httpx.ReadTimeout, 504)])
async def test_a_service_that_is_away_is_a_problem_not_a_crash(error: type[httpx.TransportError], status: int) -> None:
    async with through(httpx.MockTransport(failing(error))) as visitor:
        answer = await visitor.get("/registry/v1/suppliers")
    assert answer.status_code == status
    assert answer.json()["title"]


async def test_the_page_brings_what_it_is_made_of(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert (await visitor.get("/docs/assets/swagger-ui-bundle.js")).status_code == 200
    assert (await visitor.get("/docs/assets/other.js")).status_code == 404
