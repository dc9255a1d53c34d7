"""The API reference: all there is to tell, on pages that need nothing from elsewhere."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from local.openapi import path_of
from local.reference import page
from migrations.histories import SERVICES
from shared.openapi.walking import operations


class Links(HTMLParser):
    """What a page has places for, what it leads to, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.leads_to: set[str] = set()
        self.fetches: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.places.add(str(given["id"]))
        if tag == "a":
            self.leads_to.add(str(given.get("href")))
        if tag in ("script", "link", "img", "iframe") or "src" in given:
            self.fetches.append(tag)


@pytest.fixture(scope="module", params=SERVICES)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path_of(str(request.param)).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def html(document: dict[str, Any]) -> str:
    return page(document)


def test_every_operation_schema_and_webhook_has_its_place(document: dict[str, Any], html: str) -> None:
    links = Links()
    links.feed(html)
    wanted = {operation["operationId"] for _, _, operation in operations(document)}
    wanted |= {f"schema-{name}" for name in document["components"]["schemas"]}
    wanted |= {f"webhook-{name}" for name in document.get("webhooks", {})}
    assert wanted <= links.places


def test_a_page_fetches_nothing_and_leads_nowhere_that_there_is_not(html: str) -> None:
    links = Links()
    links.feed(html)
    assert links.fetches == []
    assert not re.search(r"url\(|@import", html)
    here = {link[1:] for link in links.leads_to if link.startswith("#")}
    assert here <= links.places
    assert {link for link in links.leads_to if link[0] != "#"} <= {f"{service}.html" for service in SERVICES}


def test_words_in_descriptions_cannot_become_markup(document: dict[str, Any]) -> None:
    told = {**document, "info": {**document["info"], "description": "<script>alert(1)</script>"}}
    assert "<script>" not in page(told)
