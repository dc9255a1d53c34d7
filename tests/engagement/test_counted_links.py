"""Links in newsletters: they lead on, and are counted without knowing who followed them."""

from datetime import UTC, datetime

import pytest

from services.engagement.service.mail import links
from shared.ids import new_id
from tests.engagement.mailed import browser, path_of
from tests.html_forms import Page, check_accessible
from tests.stage import Stage

TARGET = "https://example.org/a?b=c&d=%E6%B0%B4#e"


async def link_to(stage: Stage, url: str = TARGET) -> str:
    """A link of a newsletter that was sent; its address as mails bring it, behind the door."""
    newsletter_id, link_id = new_id(), new_id()
    newsletter = (
        "INSERT INTO newsletter (id, version, newsletter_ref, default_language, subjects, articles, audience, status,"
        " created_by, sending_at) VALUES ($1, 1, $2, 'en', '{}', '[]', '{}', 'sent', 'ann', $3)"
    )
    await stage.psql("engagement", newsletter, newsletter_id, str(newsletter_id), datetime.now(UTC))
    link = "INSERT INTO newsletter_link (id, newsletter_id, url, clicks) VALUES ($1, $2, $3, 0)"
    await stage.psql("engagement", link, link_id, newsletter_id, url)
    return path_of(links.link_url(stage.resources("engagement"), link_id))


async def clicks(stage: Stage) -> int:
    return int((await stage.psql("engagement", "SELECT sum(clicks) AS n FROM newsletter_link"))[0]["n"] or 0)


async def test_a_link_leads_to_its_address_and_is_counted(stage: Stage) -> None:
    path = await link_to(stage)
    async with stage.caller("engagement") as reader:
        for n in (1, 2):
            answer = await reader.get(path)
            assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
            assert await clicks(stage) == n
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers


async def test_a_program_that_only_looks_is_not_counted(stage: Stage) -> None:
    path = await link_to(stage)
    async with stage.caller("engagement") as scanner:
        answer = await scanner.head(path)
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert await clicks(stage) == 0


@pytest.mark.parametrize("more", ["?url=https://evil.example", "?next=//evil.example", "?u=https:evil.example"])
async def test_a_link_leads_nowhere_but_to_its_stored_address(stage: Stage, more: str) -> None:
    path = await link_to(stage)
    async with stage.caller("engagement") as reader:
        assert (await reader.get(path + more)).headers["location"] == TARGET


@pytest.mark.parametrize("link_id", ["01a22b5e-299b-72ca-96ba-cb1d819e0280", "x", "https:evil.example", "0"])
async def test_an_unknown_link_is_a_page_that_says_so(stage: Stage, link_id: str) -> None:
    await link_to(stage)
    async with browser(stage) as reader:
        for method in ("GET", "HEAD"):
            answer = await reader.request(method, f"/link/{link_id}")
            assert answer.status_code == 404
            assert "location" not in answer.headers
        check_accessible(Page.of((await reader.get(f"/link/{link_id}")).text))
        assert (await reader.post(f"/link/{link_id}")).status_code == 405
    assert await clicks(stage) == 0
