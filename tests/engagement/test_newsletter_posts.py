"""Newsletters and reminders in chat groups."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.engagement.inviting import people, withdraw
from tests.engagement.mailed import event_in
from tests.engagement.programme import create_event
from tests.engagement.publishing import ARTICLE, draft, read, send
from tests.stage import Stage

KEY = "693a91f6-7a1c-4bc4-97a0-0ec2c1fa5aaa"
WECOM = {"name": "Kunshan", "channel": "wecom", "key": KEY}
RECORDED = {"name": "Chongqing", "channel": "recorded"}


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with stage.machine("engagement") as running:
        yield running


async def group_of(client: httpx.AsyncClient, group: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/v1/groups", json=group)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def post(client: httpx.AsyncClient, path: str, group: dict[str, Any], language: str = "en") -> httpx.Response:
    return await client.post(path, json={"group_id": group["id"], "language": language})


async def sent_issue(stage: Stage, client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    await people(stage, jade="en")
    drafted = await draft(client, **changes)
    assert (await send(client, drafted)).status_code == 202
    return await read(client, drafted)


async def test_an_issue_is_posted_in_short_with_its_counted_links(stage: Stage, client: httpx.AsyncClient) -> None:
    issue = await sent_issue(stage, client)
    group = await group_of(client, WECOM)
    answer = await post(client, f"/v1/newsletters/{issue['id']}/group-posts", group)
    log = (await client.get(f"/v1/groups/{group['id']}/messages")).json()["items"]
    assert answer.status_code == 202, answer.text
    assert answer.json() == log[0]
    links = await stage.psql("engagement", "SELECT id, url FROM newsletter_link")
    counted = {row["url"]: f"http://door/engagement/link/{row['id']}" for row in links}
    assert answer.json()["format"] == "markdown"
    assert answer.json()["content"] == (
        "# News for colleague\n\n"
        "**Recruitment fees**\nDear colleague of your company,\n"
        f"[the guide]({counted['https://guide.example/a?b=1&c=2']})\n\n"
        "**Hours**\nSee guide.example.\n"
        f"[guide.example]({counted['https://guide.example/hours']})"
    )


async def test_a_recorded_group_gets_text_in_its_language(stage: Stage, client: httpx.AsyncClient) -> None:
    issue = await sent_issue(stage, client, articles=[ARTICLE])
    answer = await post(client, f"/v1/newsletters/{issue['id']}/group-posts", await group_of(client, RECORDED), "zh-TW")
    assert (answer.status_code, answer.json()["status"], answer.json()["format"]) == (201, "recorded", "text")
    [first, second, third] = answer.json()["content"].splitlines()[2:]
    assert (first, second) == ("招募費用", "同仁，您好：")  # noqa: RUF001  # Chinese is written with full-width punctuation
    assert third.startswith("指引: http://door/engagement/link/")


async def test_of_an_article_full_of_links_the_first_ten_are_posted(stage: Stage, client: httpx.AsyncClient) -> None:
    body = "\n\n".join(f"[{'w' * 90}](https://guide.example/{n})" for n in range(100))
    article = {"code": "A", "texts": {"en": {"title": "T", "body": body}}}
    issue = await sent_issue(stage, client, articles=[article])
    answer = await post(client, f"/v1/newsletters/{issue['id']}/group-posts", await group_of(client, WECOM))
    assert answer.status_code == 202, answer.text
    assert answer.json()["content"].count("/link/") == 10


async def test_only_what_is_sent_is_posted_and_only_to_live_groups(stage: Stage, client: httpx.AsyncClient) -> None:
    group = await group_of(client, WECOM)
    drafted = await draft(client, newsletter_ref="ENEWS-0")
    too_early = await post(client, f"/v1/newsletters/{drafted['id']}/group-posts", group)
    issue = await sent_issue(stage, client)
    nowhere = await post(client, f"/v1/newsletters/{issue['id']}/group-posts", {"id": issue["id"]})
    await withdraw(stage, f"/v1/groups/{group['id']}")
    too_late = await post(client, f"/v1/newsletters/{issue['id']}/group-posts", group)
    assert [answer.status_code for answer in (too_early, nowhere, too_late)] == [409, 404, 409]


async def test_a_reminder_tells_time_and_place_and_never_where_to_join(stage: Stage, client: httpx.AsyncClient) -> None:
    event = await event_in(stage, 3, join_url="https://meet.example/j/1", location="Taipei, room 301")
    times = "'2099-04-16 05:30Z', ends_at = '2099-04-16 09:00Z'"
    await stage.psql("engagement", f"UPDATE event SET starts_at = {times}")
    group = await group_of(client, WECOM)
    english = await post(client, f"/v1/events/{event['id']}/group-reminders", group)
    chinese = await post(client, f"/v1/events/{event['id']}/group-reminders", group, "zh-Hant")
    assert english.status_code == 202, english.text
    assert english.json()["content"] == (
        "Reminder: Human Rights Forum\n"
        "When: 2099-04-16 13:30–17:00 (Asia/Taipei, UTC+08:00)\n"  # noqa: RUF001  # an en dash between times
        "Where: hybrid / Taipei, room 301\n"
        "If you are invited, please reply with the link in your invitation; how to join stands there too."
    )
    assert "時間：2099-04-16 13:30" in chinese.json()["content"]  # noqa: RUF001
    assert "meet.example" not in english.text + chinese.text


async def test_nobody_is_reminded_of_what_has_begun_or_is_withdrawn(stage: Stage, client: httpx.AsyncClient) -> None:
    group = await group_of(client, WECOM)
    begun, gone = await create_event(client), await event_in(stage, 3, event_ref="FRM-2")
    await withdraw(stage, f"/v1/events/{gone['id']}")
    answers = [await post(client, f"/v1/events/{event['id']}/group-reminders", group) for event in (begun, gone)]
    assert [answer.status_code for answer in answers] == [409, 409]
