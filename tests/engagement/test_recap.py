"""The recap: an event told of, from its record, to exactly those who were invited and absent."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.engagement.inviting import invite, people, text_of, withdraw
from tests.engagement.mailed import event_in, move
from tests.engagement.mailing import work
from tests.engagement.programme import attend, create_event
from tests.engagement.publishing import read, send
from tests.engagement.support_meetings import (
    BEST_PRACTICE,
    ROOT_CAUSE,
    WHAT,
    create_meeting,
    known_finding,
    promise,
    treat,
)
from tests.shared.smtp_sink import Sink, smtp_sink
from tests.stage import Stage

FACTS = {
    "title": "Human *Rights* {{ Forum }} <b>2026</b>",
    "topic": "Fees & working [hours](https://evil.example)",
    "time_zone": "Asia/Taipei",
    "speakers": [{"name": "Lin Mei", "organisation": "Jade Audits", "role": "moderator"}],
    "agenda": [{"title": "Opening", "minutes": 30}, {"title": "Fees {% endraw %}", "speaker": "Lin Mei"}],
    "materials": [{"title": "Guide [1]", "url": "https://files.example/a(b)?x={{y}}&copy;=1"}],
    "recordings": [{"title": "Recording", "url": "https://video.example/1"}],
}


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


async def recap(client: httpx.AsyncClient, event: dict[str, Any], *languages: str) -> dict[str, Any]:
    body = {"languages": languages} if languages else None
    answer = await client.post(f"/v1/events/{event['id']}/recap", json=body)
    assert answer.status_code == 201, answer.text
    drafted: dict[str, Any] = answer.json()
    return drafted


async def rendered(client: httpx.AsyncClient, newsletter: dict[str, Any], language: str, wanted: str) -> str:
    params = {"language": language, "format": wanted}
    answer = await client.get(f"/v1/newsletters/{newsletter['id']}/rendered", params=params)
    assert answer.status_code == 200, answer.text
    return answer.text


async def held(stage: Stage, **there: str) -> dict[str, Any]:
    """An event that was held, to which everybody was invited, and where these suppliers' people were."""
    event = await event_in(stage, 10, speakers=[])
    await invite(stage, event)
    await move(stage, event, -20)
    query = "SELECT person_ref FROM invitation WHERE event_id = $1 AND supplier_id = $2"
    async with stage.machine("engagement") as client:
        for supplier_id in there.values():
            [found] = await stage.psql("engagement", query, UUID(event["id"]), UUID(supplier_id))
            await attend(client, event["id"], supplier_id=supplier_id, person_ref=found["person_ref"], rating=5)
    return event


async def test_exactly_those_invited_and_absent_get_it(stage: Stage, sink: Sink) -> None:
    suppliers = await people(stage, jade="zh-TW", river="en", noble="zh-CN")
    event = await held(stage, river=suppliers["river"])
    await people(stage, later="en")  # never invited
    await stage.psql("engagement", "UPDATE delivery SET status = 'sent'")  # the invitations
    async with stage.machine("engagement") as client:
        drafted = await recap(client, event)
        answer = await send(client, drafted)
        assert answer.status_code == 202, answer.text
        await work(stage, sink.url)
        after = await read(client, drafted)
    assert (drafted["status"], drafted["event_id"]) == ("draft", event["id"])
    assert drafted["audience"] == {"absent_from": event["id"]}
    assert sorted(sink.addresses()) == ["jade@jade.example", "noble@noble.example"]
    assert (after["status"], after["deliveries"]) == ("sent", {"sent": 2})
    texts = {address: text_of(message) for address, message in sink.taken}
    assert "活動回顧：Human Rights Forum" in str(dict(sink.taken)["jade@jade.example"]["Subject"])  # noqa: RUF001
    assert "您受邀而未能出席" in texts["jade@jade.example"]
    assert "您受邀而未能出席，现将内容摘要如下" in texts["noble@noble.example"]  # noqa: RUF001
    assert "来自 1 家供应商的 1 人次参加。 1 位评分者中有 100 % 表示满意。" in texts["noble@noble.example"]


async def test_the_record_is_told_in_three_languages_as_nothing_but_text(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client, **FACTS)
        drafted = await recap(client, event)
        english = await rendered(client, drafted, "en", "text")
        html = await rendered(client, drafted, "en", "html")
        chinese = await rendered(client, drafted, "zh-Hant", "text")
    assert set(drafted["subjects"]) == {"en", "zh-Hans", "zh-Hant"}
    assert [article["code"] for article in drafted["articles"]] == ["event", "materials", "recordings"]
    for words in (
        "Human *Rights* {{ Forum }} <b>2026</b>",
        "on 2026-04-16 (time zone Asia/Taipei) our forum took place",
        "Topic: Fees & working [hours](https://evil.example)",
        "- 13:30 Opening",
        "- 14:00 Fees {% endraw %} (Lin Mei)",
        "- Lin Mei, Jade Audits, moderator",
        "- Guide [1] (https://files.example/a(b)?x=%7B%7By%7D%7D&copy;=1)",
        "- Recording (https://video.example/1)",
    ):
        assert words in english
    assert ">hours</a>" not in html
    assert "<b>" not in html
    assert "<em>" not in html
    assert "議程" in chinese
    assert "attendances from" not in english


async def test_one_language_alone_is_enough(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        drafted = await recap(client, await create_event(client), "zh-Hans", "zh-Hans")
    assert (drafted["default_language"], set(drafted["subjects"])) == ("zh-Hans", {"zh-Hans"})


async def test_of_a_support_meeting_it_tells_what_helps_and_names_no_supplier(stage: Stage) -> None:
    finding = await known_finding(stage, "JADE-1")
    [name] = [row["name"] for row in await stage.psql("engagement", "SELECT name FROM supplier_copy")]
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        await treat(client, meeting, finding, root_cause=f"{ROOT_CAUSE} at {name}", best_practice=BEST_PRACTICE)
        await promise(client, meeting, finding, what=f"jade-1: {WHAT}")
        text = await rendered(client, await recap(client, meeting), "en", "text")
    for words in (f"{ROOT_CAUSE} at …", BEST_PRACTICE, f"…: {WHAT}", "Root causes", "Best practices", "Commitments"):
        assert words in text
    assert name not in text
    assert "JADE-1" not in text.upper()


async def test_an_event_is_told_of_once(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        first = await recap(client, event)
        again = await client.post(f"/v1/events/{event['id']}/recap")
        await withdraw(stage, f"/v1/newsletters/{first['id']}")
        second = await recap(client, event)
    assert again.status_code == 409
    assert (first["newsletter_ref"] in again.json()["detail"], again.json()["newsletter_id"]) == (True, first["id"])
    assert second["newsletter_ref"] == f"{first['newsletter_ref']}-2"


async def test_nothing_is_told_of_events_to_come_or_withdrawn(stage: Stage) -> None:
    coming = await event_in(stage, 1, event_ref="FRM-2")
    async with stage.machine("engagement") as client:
        gone = await create_event(client)
        await withdraw(stage, f"/v1/events/{gone['id']}")
        answers = [await client.post(f"/v1/events/{event['id']}/recap") for event in (coming, gone)]
        unknown = await client.post(f"/v1/events/{UUID(int=7)}/recap")
        listed = (await client.get("/v1/newsletters")).json()["items"]
    assert [answer.status_code for answer in (*answers, unknown)] == [409, 409, 404]
    assert listed == []


async def test_a_long_record_is_cut_to_what_an_article_takes(stage: Stage) -> None:
    agenda = [{"title": f"{n} " + "好" * 490} for n in range(100)]
    materials = [{"title": "字" * 490, "url": "https://files.example/" + "字" * 1900} for _ in range(50)]
    async with stage.machine("engagement") as client:
        drafted = await recap(client, await create_event(client, agenda=agenda, materials=materials))
    bodies = [text["body"] for article in drafted["articles"] for text in article["texts"].values()]
    assert max(map(len, bodies)) <= 20_000
