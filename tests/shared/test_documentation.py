"""`/docs` works where there is no Internet: all that it is made of comes from the house, and the browser is told so."""

import re
from pathlib import Path

import pytest

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
