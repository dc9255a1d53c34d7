"""Links by which suppliers answer: signed, for once, ended by whatever makes them needless."""

import io
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog

from services.audit.domain import survey_tokens
from services.audit.domain.survey_tokens import Token
from services.audit.service.survey_links import signing_key
from shared.ids import new_id
from tests.audit.programme import TODAY
from tests.audit.surveying import add_campaign, ask, browser, make_link, token_of
from tests.stage import Stage


async def status_of(stage: Stage, url: str) -> tuple[int, str]:
    async with browser(stage) as supplier:
        answer = await supplier.get("/answer", params={"token": token_of(url)})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.status_code, answer.text


def link_of(survey: dict[str, Any], supplier_id: str) -> str:
    return f"/v1/surveys/{survey['id']}/responses/{supplier_id}/link"


async def test_a_link_leads_through_the_door_to_the_form_until_two_weeks_after_the_due_date(stage: Stage) -> None:
    survey, supplier_id = await ask(stage, due_in=10)
    link = await make_link(stage, survey, supplier_id)
    parts = urlsplit(link["url"])
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "door", "/audit/answer")
    assert link["expires_at"] == f"{TODAY + timedelta(days=25)}T00:00:00Z"
    status, html = await status_of(stage, link["url"])
    assert status == 200
    assert "Annual survey" in html


async def test_a_link_made_after_the_due_date_lasts_two_weeks_from_today_or_as_long_as_is_said(stage: Stage) -> None:
    survey, supplier_id = await ask(stage, due_in=-10)
    late = await make_link(stage, survey, supplier_id)
    today = await make_link(stage, survey, supplier_id, expires_on=TODAY.isoformat())
    assert late["expires_at"] == f"{TODAY + timedelta(days=15)}T00:00:00Z"
    assert today["expires_at"] == f"{TODAY + timedelta(days=1)}T00:00:00Z"
    async with stage.machine("audit") as client:
        for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=401)):
            refused = await client.post(link_of(survey, supplier_id), json={"expires_on": day.isoformat()})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/expires_on")


async def test_a_newer_link_ends_the_older_and_withdrawing_ends_all(stage: Stage) -> None:
    survey, supplier_id = await ask(stage)
    first = await make_link(stage, survey, supplier_id)
    second = await make_link(stage, survey, supplier_id)
    status, html = await status_of(stage, first["url"])
    assert (status, (await status_of(stage, second["url"]))[0]) == (410, 200)
    assert "replaced by a newer one" in html
    async with stage.machine("audit", "audit:write") as client:
        assert (await client.delete(link_of(survey, supplier_id))).status_code == 204
        log = await stage.psql("audit", "SELECT action FROM audit_log WHERE action LIKE 'survey_link%' ORDER BY id")
    assert (await status_of(stage, second["url"]))[0] == 410
    assert [row["action"] for row in log] == [
        f"survey_link.{step}" for step in ("created", "ended", "created", "ended")
    ]


async def test_a_link_is_over_when_the_response_was_submitted_otherwise_also_after_it_is_reopened(stage: Stage) -> None:
    survey, supplier_id = await ask(stage)
    link = await make_link(stage, survey, supplier_id)
    url = f"/v1/surveys/{survey['id']}/responses/{supplier_id}"
    async with stage.machine("audit", "audit:read", "audit:submit", supplier_id=supplier_id) as supplier:
        saved = await supplier.put(url, json={"answers": {"policy": {"value": True}}})
        submitted = await supplier.post(f"{url}/submit", headers={"If-Match": saved.headers["etag"]})
        assert submitted.status_code == 200, submitted.text
    status, html = await status_of(stage, link["url"])
    assert (status, "The answers were submitted" in html) == (410, True)
    async with stage.machine("audit") as client:
        again = await client.post(link_of(survey, supplier_id), json={})
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "response-submitted")
    async with stage.person("audit", "bob") as bob:
        etag = (await bob.get(url)).headers["etag"]
        reopened = await bob.post(f"{url}/reopen", json={"reason": "A slip"}, headers={"If-Match": etag})
        assert reopened.status_code == 200, reopened.text
    assert (await status_of(stage, link["url"]))[0] == 410
    fresh = await make_link(stage, survey, supplier_id)
    assert (await status_of(stage, fresh["url"]))[0] == 200


async def test_an_expired_a_forged_and_an_unknown_link_tell_nothing_of_the_supplier(stage: Stage) -> None:
    survey, supplier_id = await ask(stage)
    link = await make_link(stage, survey, supplier_id)
    key_file = stage.folder / "audit.pem"
    key, now = signing_key(key_file), datetime.now(UTC)
    link_id = (await stage.psql("audit", "SELECT id FROM survey_link"))[0]["id"]
    expired = survey_tokens.sign(key, Token(link_id, now - timedelta(seconds=1)))
    unknown = survey_tokens.sign(key, Token(new_id(), now + timedelta(days=1)))
    good = token_of(link["url"])
    forged = survey_tokens.sign(b"another key", Token(link_id, now + timedelta(days=1)))
    changed = good[:5] + ("A" if good[5] != "A" else "B") + good[6:]
    for token, expected in (
        (expired, 410), (unknown, 404), (forged, 403), (changed, 403), ("", 403), ("é" * 60, 403), (good + "A", 403),
    ):  # fmt: skip
        status, html = await status_of(stage, f"http://door/?token={token or '%20'}")
        assert status == expected, token
        assert "S1" not in html
        assert "Annual" not in html
        assert 'lang="zh-Hant"' in html


async def test_there_is_no_link_where_there_is_nothing_to_answer(stage: Stage) -> None:
    survey, supplier_id = await ask(stage)
    plain = await add_campaign(stage, "S1", year=TODAY.year - 1)
    async with stage.machine("audit") as client:
        without = await client.post(link_of(plain, supplier_id), json={})
        nobody = await client.post(link_of(survey, str(new_id())), json={})
    assert (without.status_code, without.json()["type"].rpartition("/")[2]) == (409, "no-questionnaire")
    assert nobody.status_code == 404


async def test_only_who_may_write_makes_links_and_no_supplier_does(stage: Stage) -> None:
    survey, supplier_id = await ask(stage)
    async with stage.machine("audit", "audit:read", "audit:submit") as client:
        assert (await client.post(link_of(survey, supplier_id), json={})).status_code == 403
    async with stage.machine("audit", "audit:write", supplier_id=supplier_id) as bound:
        assert (await bound.post(link_of(survey, supplier_id), json={})).status_code == 404
        assert (await bound.delete(link_of(survey, supplier_id))).status_code == 404


async def test_the_answer_with_a_link_is_not_kept_for_repetitions(stage: Stage) -> None:
    survey, supplier_id = await ask(stage)
    async with stage.machine("audit") as client:
        headers = {"Idempotency-Key": "one"}
        first = await client.post(link_of(survey, supplier_id), json={}, headers=headers)
        again = await client.post(link_of(survey, supplier_id), json={}, headers=headers)
    assert (first.status_code, first.headers["cache-control"], again.status_code) == (201, "no-store", 409)


async def test_no_token_gets_into_a_log_line(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    survey, supplier_id = await ask(stage)
    token = token_of((await make_link(stage, survey, supplier_id))["url"])
    written, before = io.StringIO(), structlog.get_config()
    everything = structlog.make_filtering_bound_logger(logging.DEBUG)
    structlog.configure(wrapper_class=everything, logger_factory=structlog.PrintLoggerFactory(written))
    try:
        with caplog.at_level(logging.DEBUG):
            async with browser(stage) as supplier:
                await supplier.get("/answer", params={"token": token})
                await supplier.post("/answer", data={"token": token, "action": "save"})
                await supplier.post("/answer", data={"token": token, "action": "confirm", "based_on": "7"})
                await supplier.get("/answer", params={"token": token[:-1]})
    finally:
        structlog.configure(**before)
    assert '"path":"/answer"' in written.getvalue()
    assert token[:20] not in written.getvalue() + caplog.text
