"""Newsletters over HTTP: drafted, looked at, sent once, withdrawn."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from services.engagement.domain import newsletter_texts
from services.engagement.service.newsletter import newsletters
from shared.auth.principal import Actor
from shared.errors import PreconditionFailed
from shared.web.etags import Expected
from tests.engagement.inviting import people
from tests.engagement.programme import create_event, told
from tests.engagement.publishing import ARTICLE, NEWSLETTER, ONLY_ENGLISH, draft, read, send
from tests.stage import Stage

ANN = Actor(sub="ann", client_id=None)


async def test_a_draft_is_read_back_as_it_was_written(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        answer = await client.get(f"/v1/newsletters/{drafted['id']}")
        listed = (await client.get("/v1/newsletters", params={"status": "draft"})).json()["items"]
        none = (await client.get("/v1/newsletters", params={"status": "sent"})).json()["items"]
    assert answer.json() == drafted == listed[0]
    assert none == []
    assert {name: drafted[name] for name in NEWSLETTER} == NEWSLETTER
    assert (drafted["status"], drafted["version"], drafted["deliveries"], drafted["links"]) == ("draft", 1, {}, [])


async def test_an_issue_is_found_by_its_reference(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        drafted, other = await draft(client), await draft(client, newsletter_ref="2026-W99")

        async def found(**params: str) -> list[str]:
            listed = (await client.get("/v1/newsletters", params=params)).json()["items"]
            return [each["id"] for each in listed]

        assert await found(newsletter_ref="2026-W99") == [other["id"]]
        assert await found(newsletter_ref=drafted["newsletter_ref"], status="draft") == [drafted["id"]]
        assert await found(newsletter_ref=drafted["newsletter_ref"], status="sent") == []
        assert await found(newsletter_ref="2026-W9") == []


async def test_a_reference_is_taken_once_and_made_where_none_is_given(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await draft(client)
        again = await client.post("/v1/newsletters", json=NEWSLETTER)
        unnamed = await draft(client, newsletter_ref=None)
    assert again.status_code == 409
    assert unnamed["newsletter_ref"].startswith("ENEWS-")


def with_body(body: str, language: str = "en") -> dict[str, Any]:
    return {"articles": [{"code": "A", "texts": {language: {"title": "T", "body": body}}}]}


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        (with_body("a\n\n{% for x in y %}"), "#/articles/0/texts/en/body", "article A in en, line 3"),
        (with_body("a\n{{ person.age }}"), "#/articles/0/texts/en/body", "article A in en, line 2"),
        (with_body("{{ event.title }}"), "#/articles/0/texts/en/body", "line 1"),
        (with_body("[x](https://a.example/{{ person.name }})"), "#/articles/0/texts/en/body", "line 1"),
        (with_body("好", "zh-Hant"), "#/articles/0/texts", "lacks en"),
        ({"subjects": {"zh-Hant": "x"}}, "#/subjects", "no subject in en"),
        ({"subjects": {"en": "{{ person.__class__ }}"}}, "#/subjects/en", "The subject in en"),
        ({"subjects": {"en": "two\nlines"}}, "#/subjects/en", ""),
        ({"articles": [ARTICLE, ARTICLE]}, "#/articles/1/code", "stands twice"),
        ({"articles": []}, "#/articles", ""),
        ({"audience": {}}, "#/audience", ""),
        ({"event_id": "0198c0de-0000-7000-8000-000000000000"}, "#/event_id", "no event"),
        ({"colour": "green"}, "#/colour", ""),
    ],
)
async def test_a_wrong_draft_is_refused_with_the_place(
    stage: Stage, changes: dict[str, Any], pointer: str, words: str
) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/newsletters", json={**NEWSLETTER, **changes})
        kept = (await client.get("/v1/newsletters")).json()["items"]
    assert (answer.status_code, kept) == (422, []), answer.text
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


async def test_control_characters_are_refused(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/newsletters", json={**NEWSLETTER, **with_body("a\0b")})
    assert answer.status_code == 422


async def test_a_draft_is_changed_by_whoever_knows_its_version(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        url = f"/v1/newsletters/{(await draft(client))['id']}"
        missing = await client.patch(url, json={"subjects": {"en": "New"}})
        stale = await client.patch(url, json={"subjects": {"en": "New"}}, headers={"If-Match": '"7"'})
        broken = await client.patch(url, json={"default_language": "fr"}, headers={"If-Match": '"1"'})
        same = await client.patch(url, json={"subjects": NEWSLETTER["subjects"]}, headers={"If-Match": '"1"'})
        changed = await client.patch(url, json={"subjects": {"en": "New"}}, headers={"If-Match": '"1"'})
        log = (await client.get("/v1/audit-log")).json()["items"]
    assert [answer.status_code for answer in (missing, stale, broken, same, changed)] == [428, 412, 422, 200, 200]
    assert (same.json()["version"], changed.json()["version"]) == (1, 2)
    assert changed.json()["articles"] == NEWSLETTER["articles"]
    assert "guide.example" not in json.dumps(log)


async def test_a_preview_counts_and_changes_nothing(stage: Stage) -> None:
    await people(stage, jade="zh-TW", river="en", noble="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        answer = await client.post(f"/v1/newsletters/{drafted['id']}/preview")
        after = await read(client, drafted)
    preview = answer.json()
    assert answer.status_code == 200, answer.text
    assert (preview["recipients"], preview["by_language"], preview["left_out"]) == (3, {"zh-TW": 1, "en": 2}, {})
    assert sum(preview["by_reason"].values()) == 3
    english, chinese = preview["rendered"]
    assert (english["language"], english["subject"]) == ("en", "News for colleague")
    assert (chinese["language"], chinese["subject"]) == ("zh-Hant", "給 同仁 的電子報")
    assert 'href="https://guide.example/a?b=1&amp;c=2"' in english["html"]
    assert after == drafted


async def test_missing_translations_fall_back_and_say_in_which_language_they_are(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        url = f"/v1/newsletters/{(await draft(client))['id']}/rendered"
        chinese = await client.get(url, params={"language": "zh-Hans"})
        text = await client.get(url, params={"language": "zh-Hant", "format": "text"})
        french = await client.get(url, params={"language": "fr-CA"})
    assert chinese.headers["content-type"] == "text/html; charset=utf-8"
    assert chinese.headers["content-security-policy"].startswith("default-src 'none'")
    assert '<html lang="zh-Hant">' in chinese.text
    assert '<article lang="en">' in chinese.text
    assert '<footer lang="zh-Hans"' in chinese.text
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "指引 (https://guide.example/zh)" in text.text
    assert '<html lang="en">' in french.text


async def test_an_issue_can_be_of_an_event(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        texts = {"event_id": event["id"], **with_body("On {{ event.date }} at {{ event.time }}: {{ event.title }}")}
        drafted = await draft(client, **texts)
        answer = await client.get(f"/v1/newsletters/{drafted['id']}/rendered", params={"format": "text"})
        found = (await client.get("/v1/newsletters", params={"event_id": event["id"]})).json()["items"]
    assert "On 2026-04-16 at 13:30: Human Rights Forum" in answer.text
    assert [newsletter["id"] for newsletter in found] == [drafted["id"]]


async def test_sending_puts_a_mail_in_line_for_everybody_once(stage: Stage) -> None:
    await people(stage, jade="zh-TW", river="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        first = await send(client, drafted)
        again = await send(client, first.json())
        stale = await send(client, drafted)
        changed = await client.patch(f"/v1/newsletters/{drafted['id']}", json={}, headers={"If-Match": "*"})
        events = await told(client, "newsletter")
        log = (await client.get("/v1/audit-log")).json()["items"]
    assert first.status_code == 202, first.text
    assert [answer.status_code for answer in (again, stale, changed)] == [409, 409, 409]
    sending = first.json()
    assert (sending["status"], sending["deliveries"]) == ("sending", {"queued": 2})
    assert [link["url"] for link in sending["links"]] == [
        "https://guide.example/a?b=1&c=2",
        "https://guide.example/zh",
        "https://guide.example/hours",
    ]
    assert (await stage.psql("engagement", "SELECT count(*) FROM delivery"))[0][0] == 2
    assert [event["type"] for event in events] == ["newsletter.created", "newsletter.sending"]
    assert events[-1]["data"]["deliveries"] == {"queued": 2}
    assert set(events[-1]["data"]) >= {"newsletter_ref", "event_id", "status", "languages", "sending_at", "sent_at"}
    assert "guide.example" not in json.dumps([events, log])


async def test_a_repeated_request_with_its_key_gets_the_first_answer(stage: Stage) -> None:
    await people(stage, jade="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        url, headers = f"/v1/newsletters/{drafted['id']}/send", {"If-Match": '"1"', "Idempotency-Key": "once"}
        answers = [await client.post(url, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert (await stage.psql("engagement", "SELECT count(*) FROM delivery"))[0][0] == 1


async def test_of_two_who_send_at_the_same_moment_one_sends(stage: Stage) -> None:
    await people(stage, jade="en", river="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        answers = await asyncio.gather(*(send(client, drafted) for _ in range(4)))
        after = await read(client, drafted)
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert after["deliveries"] == {"queued": 2}


async def test_whoever_changes_a_draft_while_its_readers_are_looked_for_has_it_not_sent(stage: Stage) -> None:
    await people(stage, jade="en")
    resources = stage.resources("engagement")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        found = await newsletters.find_audience(resources, UUID(drafted["id"]))
        await client.patch(
            f"/v1/newsletters/{drafted['id']}", json={"subjects": {"en": "New"}}, headers={"If-Match": "*"}
        )
        async with resources.database.sessions() as session:
            with pytest.raises(PreconditionFailed):
                await newsletters.send_newsletter(session, ANN, UUID(drafted["id"]), Expected(None), found)


async def test_an_issue_to_nobody_is_not_sent(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        answer = await send(client, drafted)
        after = await read(client, drafted)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2].rpartition("/")[2]) == (
        422,
        "nobody-to-write-to",
    )
    assert after == drafted


async def test_sending_needs_the_version(stage: Stage) -> None:
    await people(stage, jade="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        url = f"/v1/newsletters/{drafted['id']}/send"
        answers = [await client.post(url), await client.post(url, headers={"If-Match": '"7"'})]
    assert [answer.status_code for answer in answers] == [428, 412]
    assert (await stage.psql("engagement", "SELECT count(*) FROM delivery"))[0][0] == 0


async def test_a_withdrawn_draft_is_done_with(stage: Stage) -> None:
    await people(stage, jade="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        url, tag = f"/v1/newsletters/{drafted['id']}/withdraw", {"If-Match": '"1"'}
        first = await client.post(url, json={"reason": "wrong issue"}, headers=tag)
        again = await client.post(url, json={"reason": "wrong issue"}, headers={"If-Match": "*"})
        sent = await send(client, first.json())
    assert (first.json()["status"], first.json()["reason"]) == ("withdrawn", "wrong issue")
    assert (again.status_code, sent.status_code) == (409, 409)


async def test_only_readers_and_writers_may(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
    url = f"/v1/newsletters/{drafted['id']}"
    async with stage.machine("engagement", "engagement:read") as reader:
        assert (await reader.get(url)).status_code == 200
        assert (await reader.post(f"{url}/send", headers={"If-Match": "*"})).status_code == 403
        assert (await reader.post("/v1/newsletters", json=NEWSLETTER)).status_code == 403
    async with stage.machine("engagement", "engagement:read", supplier_id=UUID(int=1)) as bound:
        for path in (url, f"{url}/rendered", "/v1/newsletters"):
            assert (await bound.get(path)).status_code == 404
        assert (await bound.post(f"{url}/preview")).status_code == 404


async def test_half_an_article_is_enough_where_the_default_has_it(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        drafted = await draft(client, articles=[ONLY_ENGLISH])
    assert drafted["articles"] == [ONLY_ENGLISH]


@pytest.mark.parametrize(
    ("reader", "written", "found"),
    [
        ("fr-CA", ["en", "fr"], "fr"),
        ("fr", ["en", "fr-CA"], "fr-CA"),
        ("de-CH-1996", ["de", "de-CH", "en"], "de-CH"),
        ("zh-TW", ["zh-Hans", "zh-Hant", "en"], "zh-Hant"),
        ("zh-HK", ["en", "zh-CN"], "zh-CN"),
        ("zh", ["zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh-Hant-TW", ["en", "zh-TW"], "zh-TW"),
        ("en-GB", ["en-US", "ja"], "en-US"),
        ("EN", ["en", "ja"], "en"),
        ("pt", ["en", "ja"], "ja"),
        ("zh-TW", ["en", "ja"], "en"),
    ],
)
def test_readers_get_the_language_that_suits_them_best(reader: str, written: list[str], found: str) -> None:
    assert newsletter_texts.best_of(written, reader, "ja") == found
