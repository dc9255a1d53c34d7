"""`/docs` works where there is no Internet: all that it is made of comes from the house, and the browser is told so."""

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from joserfc.jwk import OKPKey

from local.door import Door, create_app
from local.environment import SERVICES
from local.people import PeopleIssuer
from shared.web.documentation.endpoints import ASSETS, HEADERS
from tests.stage import Stage

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("service", ["registry", "scoring"])
async def test_the_page_names_nothing_that_is_elsewhere(stage: Stage, service: str) -> None:
    async with stage.caller(service) as reader:
        page = await reader.get("/docs")
        assert page.status_code == 200
        assert "https:" not in page.text
        assert "http:" not in page.text
        named = re.findall(r'(?:src|href)="(docs/assets/[^"]+)"', page.text)
        assert {name.removeprefix("docs/assets/") for name in named} == set(ASSETS)
        for name in named:
            answer = await reader.get(f"/{name}")
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(ASSETS[name.rpartition("/")[2]])
        assert "script-src 'self';" in page.headers["content-security-policy"]


async def test_it_is_swagger_ui_that_is_served(stage: Stage) -> None:
    async with stage.caller("audit") as reader:
        assert b"SwaggerUIBundle" in (await reader.get("/docs/assets/swagger-ui-bundle.js")).content
        for name in ("redoc.standalone.js", "..%2f__init__.py", "nothing"):
            assert (await reader.get(f"/docs/assets/{name}")).status_code == 404
        assert (await reader.get("/redoc")).status_code == 404


def test_the_doors_page_is_made_of_the_same_and_the_door_says_the_same_of_it() -> None:
    page = (PROJECT / "deploy" / "docs.html").read_text(encoding="utf-8")
    assert set(re.findall(r'"/docs/assets/([^"]+)"', page)) == set(ASSETS)
    assert "//" not in page
    nginx = (PROJECT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    assert f'add_header Content-Security-Policy "{HEADERS["Content-Security-Policy"]}";' in nginx


@pytest.mark.parametrize("prefix", [None, "https://evil.example", "/a/b", "//a", ""])
async def test_the_description_names_the_service_itself_to_whoever_reads_it_there(
    stage: Stage, prefix: str | None
) -> None:
    async with stage.caller("audit") as reader:
        headers = {} if prefix is None else {"X-Forwarded-Prefix": prefix}
        served = (await reader.get("/openapi.json", headers=headers)).json()
    assert served == stage.apps["audit"].openapi()


@pytest.mark.parametrize("service", SERVICES)
async def test_authorize_at_the_doors_page_gets_a_token_with_which_it_can_try_operations(
    stage: Stage, service: str
) -> None:
    async with stage.machine("registry") as admin:
        made = (await admin.post("/v1/clients", json={"name": "ERP", "scopes": ["feed:read"]})).json()
    # Names a door of somebody else's, as a proxy in front of it might.
    headers = {"X-Forwarded-Prefix": "/elsewhere"}
    async with at_the_door(stage) as browser:
        document = (await browser.get(f"/{service}/openapi.json", headers=headers)).json()
        assert document["servers"] == [{"url": f"/{service}"}]
        # As Swagger UI does it, and as OpenAPI 3.1 has it: both addresses may be relative, a token's to its server's.
        server = urljoin(str(browser.base_url), document["servers"][0]["url"])
        flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
        answer = await browser.post(
            urljoin(server, flow["tokenUrl"]),
            data={"grant_type": "client_credentials"},
            auth=(made["client_id"], made["client_secret"]),
        )
        assert answer.status_code == 200, answer.text
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await browser.get(f"{server}/v1/feed", headers=token)).status_code == 200


async def test_the_doors_token_endpoint_is_known_to_the_merged_description_too(stage: Stage) -> None:
    merged = json.loads((PROJECT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    flow = merged["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    async with at_the_door(stage) as caller:
        assert (await caller.post(flow["tokenUrl"])).json()["error"] == "unsupported_grant_type"


def at_the_door(stage: Stage) -> httpx.AsyncClient:
    """A browser at the door of the one machine, with the stage's services behind it."""
    door = Door({service: f"http://{service}" for service in SERVICES}, stage.transport)
    app = create_app(door, PeopleIssuer("http://door/people", OKPKey.generate_key("Ed25519", auto_kid=True), []))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door")
