"""A newsletter's mails as mailboxes get them, on a real mail server."""

from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from services.engagement.service.newsletter.issue_rendering import Content, compose
from tests.engagement.inviting import html_of, people, text_of
from tests.engagement.mailing import time_passes, work
from tests.engagement.programme import told
from tests.engagement.publishing import NEWSLETTER, draft, read, send
from tests.shared.smtp_sink import Sink, smtp_sink
from tests.stage import Stage


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


def mail_to(sink: Sink, address: str) -> EmailMessage:
    [message] = [message for recipient, message in sink.taken if recipient == address]
    return message


def links_in(message: EmailMessage) -> list[str]:
    return [word.split('"')[0] for word in html_of(message).split('href="')[1:]]


async def test_everybody_gets_one_mail_in_their_language_with_their_name(stage: Stage, sink: Sink) -> None:
    await people(stage, jade="zh-TW", river="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        await send(client, drafted)
        await work(stage, sink.url)
        await work(stage, sink.url)
        after = await read(client, drafted)
        events = await told(client, "newsletter")
    assert sorted(sink.addresses()) == ["jade@jade.example", "river@river.example"]
    assert (after["status"], after["deliveries"]) == ("sent", {"sent": 2})
    assert after["sent_at"] is not None
    assert (events[-1]["type"], events[-1]["data"]["deliveries"]) == ("newsletter.sent", {"sent": 2})
    english, chinese = mail_to(sink, "river@river.example"), mail_to(sink, "jade@jade.example")
    assert (english["Subject"], chinese["Subject"]) == ("News for River", "給 Jade 的電子報")
    assert english["Content-Language"] == "en"
    assert chinese["Content-Language"] == "zh-Hant"
    assert "Dear River of Company RIVER," in text_of(english)
    assert "Jade，您好：" in text_of(chinese)  # noqa: RUF001  # Chinese is written with full-width punctuation
    assert "取消訂閱電子報" in html_of(chinese)
    assert [part.get_content_type() for part in english.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert english["Message-ID"] != chinese["Message-ID"]


async def test_mail_programs_find_the_way_out(stage: Stage, sink: Sink) -> None:
    await people(stage, river="en")
    async with stage.machine("engagement") as client:
        await send(client, await draft(client))
    await work(stage, sink.url)
    message = mail_to(sink, "river@river.example")
    raw = next(value for name, value in message.raw_items() if name == "List-Unsubscribe")
    assert raw.startswith("<http://door/engagement/unsubscribe/")
    assert raw.endswith(">")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<newsletters.localhost>"
    assert message["Precedence"] is None
    assert raw.strip("<>") in html_of(message)
    assert raw.strip("<>") in text_of(message)
    async with stage.caller("engagement") as mailbox:
        path = urlsplit(raw.strip("<>")).path.removeprefix("/engagement")
        answer = await mailbox.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200, answer.text
    async with stage.machine("engagement") as client:
        again = await draft(client, newsletter_ref="ENEWS-2")
        refused = await send(client, again)
    assert (refused.status_code, refused.json()["left_out"]) == (422, {"consent_withdrawn": 1})


async def test_where_mails_come_back_to_the_way_out_is_a_mail_too(stage: Stage, sink: Sink) -> None:
    await people(stage, river="en")
    async with stage.machine("engagement") as client:
        await send(client, await draft(client))
    await work(stage, sink.url, mail_bounces_to="bounces@jade.example")
    message = mail_to(sink, "river@river.example")
    by_web, by_mail = str(message["List-Unsubscribe"]).split(", ")
    token = by_web.strip("<>").rpartition("/")[2]
    assert by_mail == f"<mailto:bounces@jade.example?subject=unsubscribe%20{token}>"


async def test_links_are_counted_and_readers_are_not(stage: Stage, sink: Sink) -> None:
    await people(stage, jade="en", river="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        await send(client, drafted)
        await work(stage, sink.url)
        first, second = (links_in(message) for _, message in sink.taken)
        assert first[:-1] == second[:-1]  # the same for everybody, but for the way out
        assert all(link.startswith("http://door/engagement/link/") for link in first[:-1])
        assert "guide.example/a" not in html_of(sink.taken[0][1])
        assert "guide.example" not in text_of(sink.taken[0][1]).replace("http://door", "")
        async with stage.caller("engagement") as browser:
            path = urlsplit(first[0]).path.removeprefix("/engagement")
            looked = await browser.head(path)
            followed = [await browser.get(path) for _ in range(2)]
            nowhere = await browser.get(path[:-2] + "00")
        after = await read(client, drafted)
    assert looked.headers["location"] == "https://guide.example/a?b=1&c=2"
    assert [answer.headers["location"] for answer in followed] == ["https://guide.example/a?b=1&c=2"] * 2
    assert nowhere.status_code == 404
    assert {link["url"]: link["clicks"] for link in after["links"]}["https://guide.example/a?b=1&c=2"] == 2
    assert sum(link["clicks"] for link in after["links"]) == 2


async def test_counts_change_the_tag_of_what_was_read(stage: Stage, sink: Sink) -> None:
    await people(stage, jade="en")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        await send(client, drafted)
        await work(stage, sink.url)
        url = f"/v1/newsletters/{drafted['id']}"
        before = await client.get(url)
        async with stage.caller("engagement") as browser:
            await browser.get(urlsplit(links_in(sink.taken[0][1])[0]).path.removeprefix("/engagement"))
        after = await client.get(url, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


async def test_of_a_withdrawn_issue_what_waits_is_not_sent_and_what_was_sent_stays(stage: Stage, sink: Sink) -> None:
    await people(stage, jade="en", river="en")
    sink.to_recipient["river@river.example"] = ["451 later"]
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        await send(client, drafted)
        await work(stage, sink.url)
        half = await read(client, drafted)
        answer = await client.post(
            f"/v1/newsletters/{drafted['id']}/withdraw", json={"reason": "wrong figures"}, headers={"If-Match": "*"}
        )
        sink.to_recipient.clear()
        await time_passes(stage)
        await work(stage, sink.url)
        after = await read(client, drafted)
        events = await told(client, "newsletter")
    assert (half["status"], half["deliveries"]) == ("sending", {"queued": 1, "sent": 1})
    assert answer.json()["status"] == "withdrawn"
    assert (after["status"], after["deliveries"]) == ("withdrawn", {"sent": 1, "skipped": 1})
    assert sink.addresses() == ["jade@jade.example"]
    assert [event["type"].partition(".")[2] for event in events] == ["created", "sending", "withdrawn"]


async def test_a_name_cannot_become_markup_or_a_placeholder(stage: Stage, sink: Sink) -> None:
    await people(stage, river="en")
    await stage.psql("registry", "UPDATE contact SET name = $1", "Eve **x** <b>{{ supplier.code }}</b>")
    async with stage.machine("engagement") as client:
        await send(client, await draft(client))
    await work(stage, sink.url)
    message = mail_to(sink, "river@river.example")
    assert message["Subject"] == "News for Eve **x** <b>{{ supplier.code }}</b>"
    assert "Dear Eve **x** &lt;b&gt;{{ supplier.code }}&lt;/b&gt; of Company RIVER" in html_of(message)


async def test_a_name_cannot_become_a_header(stage: Stage, sink: Sink) -> None:
    await people(stage, river="en")
    await stage.psql("registry", "UPDATE contact SET name = $1", "Eve\r\nBcc: all@x.example")
    async with stage.machine("engagement") as client:
        drafted = await draft(client)
        await send(client, drafted)
        await work(stage, sink.url)
        after = await read(client, drafted)
    assert sink.taken == []
    assert after["deliveries"].keys() <= {"failed", "refused", "skipped"}


def test_articles_are_read_once_for_all_readers_of_a_language() -> None:
    reads: list[str] = []
    content = Content("en", NEWSLETTER["subjects"], NEWSLETTER["articles"], False)  # type: ignore[arg-type]
    issue = compose(content, "en", "a@b.example", lambda url: reads.append(url) or url)  # type: ignore[func-returns-value]
    found = len(reads)
    supplier = {"name": "Jade", "code": "J"}
    subjects = [
        issue.written({"person": {"name": f"P{n}"}, "supplier": supplier, "event": {}}, "http://door/out").subject
        for n in range(10_000)
    ]
    assert (len(set(subjects)), subjects[-1]) == (10_000, "News for P9999")
    assert len(reads) == found > 0
