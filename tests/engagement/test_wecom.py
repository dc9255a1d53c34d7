"""A group's robot says what is posted: within WeCom's limits, in order, once, and whatever WeCom answers."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from joserfc.jwk import OKPKey

from services.engagement.clients import WeComAway, WeComClient
from services.engagement.domain.group_messages import WINDOW
from services.engagement.main import create_app
from tests.engagement.programme import told
from tests.engagement.robots import (
    HANG,
    Answer,
    Receiver,
    minutes_pass,
    post,
    receiver,
    says,
    state,
    try_again_now,
    work,
)
from tests.engagement.test_groups import KEY, OTHER_KEY, WECOM, create_group
from tests.stage import Stage, serving


@pytest.fixture
async def wecom() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with stage.machine("engagement") as opened:
        yield opened


async def test_a_message_is_said_exactly_as_wecom_wants_it(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    group = await create_group(client, WECOM)
    text = await post(client, group, "永續論壇 4/16，請報名 ✅\n")
    await post(client, group, '**eNews 7** <font color="warning">due</font>', "markdown")
    before = (await client.get(text)).json()
    await work(stage, wecom.url)
    after = (await client.get(text)).json()
    assert wecom.taken == [
        (KEY, {"msgtype": "text", "text": {"content": "永續論壇 4/16，請報名 ✅\n"}}),
        (KEY, {"msgtype": "markdown", "markdown": {"content": '**eNews 7** <font color="warning">due</font>'}}),
    ]
    assert (before["status"], before["sent_at"]) == ("queued", None)
    assert (after["status"], after["parts_sent"], after["posted_on"]) == ("sent", 1, after["sent_at"][:10])
    assert [event["type"].split(".")[1] for event in await told(client, "group_message")] == [
        "created",
        "created",
        "sent",
        "sent",
    ]


async def test_a_long_message_goes_out_in_parts_within_the_limit(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    lines = [f"第 {n} 條：供應商應於每季會議前提交改善計畫。\n" for n in range(200)]
    group = await create_group(client, WECOM)
    url = await post(client, group, "".join(lines))
    await work(stage, wecom.url)
    said = wecom.contents()
    assert "".join(said) == "".join(lines)
    assert max(len(part.encode()) for part in said) <= 2048
    assert all(part.endswith("\n") for part in said)
    assert await state(client, url) == ("sent", len(said), None)


async def test_a_robot_says_twenty_messages_a_minute_and_keeps_their_order(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    group = await create_group(client, WECOM)
    expected = [f"{n}" for n in range(25)]
    urls = [await post(client, group, content) for content in expected]
    # Two workers at the same time: the limit is the robot's.
    await asyncio.gather(work(stage, wecom.url), work(stage, wecom.url))
    assert wecom.contents() == expected[:20]
    await try_again_now(stage)
    await work(stage, wecom.url)
    assert wecom.contents() == expected[:20]
    assert await state(client, urls[20]) == ("queued", 0, None)
    [waiting] = await stage.psql(
        "engagement", "SELECT attempts, next_attempt_at - now() AS wait FROM task WHERE status = 'queued'"
    )
    assert waiting["attempts"] == 0
    assert timedelta(seconds=45) < waiting["wait"] <= WINDOW
    await minutes_pass(stage)
    await work(stage, wecom.url)
    assert wecom.contents() == expected
    assert await state(client, urls[24]) == ("sent", 1, None)


async def test_each_robot_has_its_own_limit(stage: Stage, client: httpx.AsyncClient, wecom: Receiver) -> None:
    one = await create_group(client, WECOM)
    two = await create_group(client, WECOM, name="Another", key=OTHER_KEY)
    for n in range(21):
        await post(client, one, f"{n}")
    await post(client, two, "Hello")
    await work(stage, wecom.url)
    assert [key for key, _ in wecom.taken].count(KEY) == 20
    assert [key for key, _ in wecom.taken].count(OTHER_KEY) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"),
        (503, b""),
        (302, b""),
        (404, b"not here"),
        (200, b"<html>maintenance</html>"),
        (200, b'{"errcode":0,"errmsg":"' + b"x" * 1_000_000 + b'"}'),
        says(-1, "system busy"),
    ],
    ids=["500", "503", "redirect", "404", "no JSON", "endless", "busy"],
)
async def test_where_wecom_is_away_the_message_is_tried_again(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver, answer: Answer
) -> None:
    group = await create_group(client, WECOM)
    url = await post(client, group, "Hello")
    wecom.answers = [answer]
    await work(stage, wecom.url)
    status, sent, why = await state(client, url)
    [task] = await stage.psql("engagement", "SELECT status, attempts, last_error FROM task")
    assert (status, sent, task["status"], task["attempts"]) == ("queued", 0, "queued", 1)
    assert why == task["last_error"]
    assert why is not None
    assert why.startswith("WeCom")
    assert KEY not in why
    await try_again_now(stage)
    await work(stage, wecom.url)
    assert await state(client, url) == ("sent", 1, None)
    assert len(wecom.asked) == 2, "a redirect is not followed"


async def test_silence_and_a_closed_door_are_for_a_later_try(wecom: Receiver) -> None:
    wecom.answers = [HANG]
    async with WeComClient.open(wecom.url, patience=0.2) as robots:
        with pytest.raises(WeComAway, match=r"cannot be reached \(TimeoutError\)"):
            await robots.post(KEY, "text", "Hello")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        async with WeComClient.open(f"http://127.0.0.1:{taken.getsockname()[1]}") as robots:
            with pytest.raises(WeComAway, match=r"cannot be reached \(ConnectError\)"):
                await robots.post(KEY, "text", "Hello")


@pytest.mark.parametrize("answer", [says(45009, "api freq out of limit"), says(45033, "concurrent"), (429, b"")])
async def test_a_robot_that_wecom_finds_too_fast_is_silent_for_a_minute(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver, answer: Answer
) -> None:
    group = await create_group(client, WECOM)
    url = await post(client, group, "Hello")
    wecom.answers = [answer]
    await work(stage, wecom.url)
    [task] = await stage.psql("engagement", "SELECT attempts, next_attempt_at - now() AS wait FROM task")
    assert (await state(client, url))[:2] == ("queued", 0)
    assert "WeCom wants it later" in str((await state(client, url))[2])
    assert task["attempts"] == 0, "it is no failure"
    assert timedelta(seconds=55) < task["wait"] <= WINDOW
    await try_again_now(stage)
    await work(stage, wecom.url)
    assert await state(client, url) == ("sent", 1, None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(93000, f"invalid webhook url {KEY}"), "WeCom does not know this robot (93000)"),
        (says(40008, f"invalid message type,\n key {KEY}"), "(40008): invalid message type, key ***"),
    ],
)
async def test_what_wecom_refuses_for_good_fails_with_words_and_lets_the_next_one_go(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver, answer: Answer, words: str
) -> None:
    group = await create_group(client, WECOM)
    refused, following = await post(client, group, "One"), await post(client, group, "Two")
    wecom.answers = [answer]
    await work(stage, wecom.url)
    status, sent, why = await state(client, refused)
    assert (status, sent) == ("failed", 0)
    assert words in str(why)
    assert KEY not in str(why)
    assert await state(client, following) == ("sent", 1, None)
    assert len(wecom.asked) == 2


async def test_the_new_key_is_used_from_the_next_message_on(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    group = await create_group(client, WECOM)
    await post(client, group, "One")
    await client.patch(f"/v1/groups/{group['id']}", json={"key": OTHER_KEY}, headers={"If-Match": '"1"'})
    await work(stage, wecom.url)
    assert [key for key, _ in wecom.taken] == [OTHER_KEY]


async def test_a_robots_key_ends_with_the_services_own_and_is_given_again(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    group = await create_group(client, WECOM)
    url = await post(client, group, "One")
    changed = {"service_key_file": stage.folder / "engagement.next.pem"}
    changed["service_key_file"].write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
    await work(stage, wecom.url, **changed)
    assert (await state(client, url))[0] == "failed"
    assert "Give the group its key again" in str((await state(client, url))[2])
    assert wecom.asked == []
    app = create_app(stage.settings("engagement", **changed), transport=stage.transport)
    async with serving(app, Authorization=client.headers["Authorization"]) as restarted:
        given = await restarted.patch(f"/v1/groups/{group['id']}", json={"key": KEY}, headers={"If-Match": '"1"'})
        assert given.status_code == 200, given.text
    await post(client, group, "Two")
    await work(stage, wecom.url, **changed)
    assert [(key, body["text"]["content"]) for key, body in wecom.taken] == [(KEY, "Two")]


async def test_a_part_of_blanks_alone_is_not_said(stage: Stage, client: httpx.AsyncClient, wecom: Receiver) -> None:
    group = await create_group(client, WECOM)
    url = await post(client, group, "x" * 2048 + "\n")
    await work(stage, wecom.url)
    assert wecom.contents() == ["x" * 2048]
    assert await state(client, url) == ("sent", 2, None)
