"""Chat groups over HTTP: setting them up, keeping their robots' keys, and the log of what was posted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared import sealing
from tests.engagement.programme import create_supplier, told
from tests.stage import Stage

KEY = "693a91f6-7a1c-4bc4-97a0-0ec2c1fa5aaa"
OTHER_KEY = "0b7d1f3e-1111-4222-8333-444455556666"
ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
WECOM = {"name": "供應商永續 Kunshan", "channel": "wecom", "topic": "RBA", "members": 120, "key": KEY}
RECORDED = {"name": "WeChat, Chongqing", "channel": "recorded"}


async def create_group(client: httpx.AsyncClient, group: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await client.post("/v1/groups", json={**group, **changes})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_group_is_read_back_as_it_was_set_up_without_its_key(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    async with stage.machine("engagement") as client:
        created = await create_group(client, WECOM, supplier_ids=[one], supplier_codes=["S2", "S1"])
        answer = await client.get(f"/v1/groups/{created['id']}")
        recorded = await create_group(client, RECORDED)
    assert answer.json() == created
    assert answer.headers["etag"] == '"1"'
    assert created == {
        "id": created["id"],
        "version": 1,
        "name": WECOM["name"],
        "channel": "wecom",
        "has_key": True,
        "topic": "RBA",
        "members": 120,
        "supplier_ids": [one, two],
        "withdrawn_on": None,
        "reason": None,
    }
    assert (recorded["has_key"], recorded["members"], recorded["supplier_ids"]) == (False, None, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"key": None},
        {"key": "short"},
        {"key": KEY + "?x=1&y"},
        {"webhook_url": ADDRESS + KEY},  # and the key
        {"key": None, "webhook_url": "https://evil.example/cgi-bin/webhook/send?key=" + KEY},
        {"key": None, "webhook_url": "http://169.254.169.254/?key=" + KEY},
        {"key": None, "webhook_url": ADDRESS},
        {"key": None, "webhook_url": "https://qyapi.weixin.qq.com[/?key=" + KEY},
        {"channel": "recorded"},
        {"channel": "dingtalk"},
        {"supplier_codes": ["S9"]},
        {"members": -1},
        {"colour": "green"},
    ],
)
async def test_a_wrong_group_is_refused_without_repeating_its_key(stage: Stage, changes: dict[str, Any]) -> None:
    body = {name: value for name, value in {**WECOM, **changes}.items() if value is not None}
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/groups", json=body)
        groups = (await client.get("/v1/groups")).json()["items"]
    assert (answer.status_code, groups) == (422, [])
    assert KEY not in answer.text


async def test_the_key_is_nowhere_but_sealed_in_its_row(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    async with stage.machine("engagement") as client:
        headers = {"Idempotency-Key": "once"}
        body = {**RECORDED, "channel": "wecom", "webhook_url": ADDRESS + KEY}
        created = (await client.post("/v1/groups", json=body, headers=headers)).json()
        url = f"/v1/groups/{created['id']}"
        await client.patch(url, json={"key": OTHER_KEY}, headers={"If-Match": '"1"'})
        await client.post(f"{url}/messages", json={"content": "Hello"})
        await stage.run_tasks("engagement")  # nobody is there to take it
        log = (await client.get("/v1/audit-log")).json()["items"]
    rows = await stage.psql("engagement", "SELECT sealed_key FROM chat_group")
    tables = await stage.psql("engagement", "SELECT tablename FROM pg_tables WHERE schemaname = 'engagement'")
    stored = "".join(
        [str(await stage.psql("engagement", f'SELECT t::text FROM "{row["tablename"]}" t')) for row in tables]
    )
    sealer = sealing.sealer_of(stage.resources("engagement"))
    shown = capfd.readouterr()
    assert sealer.unseal(rows[0]["sealed_key"]) == OTHER_KEY
    assert [entry["changes"].get("key") for entry in log] == [None, ["one", "another"], None]
    assert "WeCom cannot be reached" in stored
    assert "task failed" in shown.out
    for key in (KEY, OTHER_KEY):
        assert key not in stored + json.dumps(log) + shown.out + shown.err


def test_what_is_sealed_is_read_with_the_same_key_alone() -> None:
    sealed = sealing.Sealer(b"a" * 64).seal(KEY)
    assert sealing.Sealer(b"a" * 64).unseal(sealed) == KEY
    for sealer, text in ((sealing.Sealer(b"b" * 64), sealed), (sealing.Sealer(b"a" * 64), "x" + sealed)):
        with pytest.raises(sealing.CannotUnseal):
            sealer.unseal(text)


async def test_a_name_and_a_robot_are_of_one_group(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        one = await create_group(client, WECOM)
        name = await client.post("/v1/groups", json={**WECOM, "key": OTHER_KEY})
        robot = await client.post("/v1/groups", json={**WECOM, "name": "Another"})
        two = await create_group(client, WECOM, name="Another", key=OTHER_KEY)
        headers = {"If-Match": '"1"'}
        renamed = await client.patch(f"/v1/groups/{two['id']}", json={"name": one["name"]}, headers=headers)
        moved = await client.patch(f"/v1/groups/{two['id']}", json={"key": KEY}, headers=headers)
        await client.post(f"/v1/groups/{one['id']}/withdraw", json={"reason": "Closed"}, headers=headers)
        freed = await client.patch(f"/v1/groups/{two['id']}", json={"key": KEY}, headers=headers)
    assert [answer.json()["type"].rsplit("/")[-1] for answer in (name, robot, renamed, moved)] == [
        "name-taken",
        "robot-taken",
        "name-taken",
        "robot-taken",
    ]
    assert freed.status_code == 200


async def test_a_group_is_changed_on_its_current_version(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        url = f"/v1/groups/{(await create_group(client, WECOM))['id']}"
        assert (await client.patch(url, json={"members": 5})).status_code == 428
        assert (await client.patch(url, json={"members": 5}, headers={"If-Match": '"9"'})).status_code == 412
        same = await client.patch(url, json={"members": 120, "key": KEY}, headers={"If-Match": '"1"'})
        body = {"members": 121, "topic": None, "supplier_codes": ["S1"]}
        changed = await client.patch(url, json=body, headers={"If-Match": '"1"'})
        null = await client.patch(url, json={"key": None}, headers={"If-Match": '"2"'})
        recorded = await create_group(client, RECORDED)
        keyless = await client.patch(
            f"/v1/groups/{recorded['id']}", json={"key": OTHER_KEY}, headers={"If-Match": '"1"'}
        )
    assert same.headers["etag"] == '"1"'
    assert (changed.json()["members"], changed.json()["topic"], changed.headers["etag"]) == (121, None, '"2"')
    assert changed.json()["supplier_ids"] == [supplier_id]
    assert (null.status_code, keyless.status_code) == (422, 422)


async def test_a_withdrawn_group_forgets_its_key_and_fails_what_waits(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        url = f"/v1/groups/{(await create_group(client, WECOM))['id']}"
        posted = await client.post(f"{url}/messages", json={"content": "Hello"})
        early = await client.post(
            f"{url}/withdraw", json={"reason": "x", "withdrawn_on": "2199-01-01"}, headers={"If-Match": '"1"'}
        )
        withdrawn = await client.post(f"{url}/withdraw", json={"reason": "Dissolved"}, headers={"If-Match": '"1"'})
        await stage.run_tasks("engagement")
        message = (await client.get(posted.headers["location"])).json()
        refused = [
            await client.post(f"{url}/messages", json={"content": "Hello"}),
            await client.patch(url, json={"members": 1}, headers={"If-Match": '"2"'}),
            await client.post(f"{url}/withdraw", json={"reason": "Again"}, headers={"If-Match": '"2"'}),
        ]
        left = (await client.get("/v1/groups", params={"withdrawn": False})).json()["items"]
    assert early.status_code == 422
    assert (withdrawn.json()["has_key"], withdrawn.json()["reason"]) == (False, "Dissolved")
    assert (message["status"], message["last_error"]) == ("failed", "The group was withdrawn before this was said.")
    assert [answer.status_code for answer in refused] == [409, 409, 409]
    assert left == []
    assert [row["status"] for row in await stage.psql("engagement", "SELECT status FROM task")] == ["succeeded"]


async def test_what_people_posted_themselves_is_recorded_at_once(stage: Stage) -> None:
    today = datetime.now(UTC).date()
    async with stage.machine("engagement") as client:
        url = f"/v1/groups/{(await create_group(client, RECORDED))['id']}"
        first = await client.post(f"{url}/messages", json={"content": "eNews 7\n" * 500, "posted_on": "2026-03-02"})
        second = await client.post(f"{url}/messages", json={"content": "**Reminder**", "format": "markdown"})
        future = await client.post(
            f"{url}/messages", json={"content": "x", "posted_on": (today + timedelta(days=2)).isoformat()}
        )
        blank = await client.post(f"{url}/messages", json={"content": " \n"})
        listed = (await client.get(f"{url}/messages")).json()["items"]
        queued = (await client.get(f"{url}/messages", params={"status": "queued"})).json()["items"]
    assert (first.status_code, first.headers["etag"]) == (201, '"1"')
    assert [(item["status"], item["posted_on"], item["parts"]) for item in listed] == [
        ("recorded", "2026-03-02", 1),
        ("recorded", today.isoformat(), 1),
    ]
    assert listed[0]["content"] == "eNews 7\n" * 500
    assert second.json() == listed[1]
    assert [answer.json()["errors"][0]["pointer"] for answer in (future, blank)] == ["#/posted_on", "#/content"]
    assert queued == []
    assert await stage.psql("engagement", "SELECT FROM task") == []


async def test_a_message_that_would_flood_the_group_or_bears_a_day_is_refused(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        url = f"/v1/groups/{(await create_group(client, WECOM))['id']}/messages"
        long = await client.post(url, json={"content": "永" * (682 * 20 + 1)})
        just = await client.post(url, json={"content": "永" * (682 * 20)})
        dated = await client.post(url, json={"content": "x", "posted_on": "2026-03-02"})
    assert (long.status_code, long.json()["errors"][0]["pointer"]) == (422, "#/content")
    assert (just.status_code, just.json()["parts"], just.json()["status"]) == (202, 20, "queued")
    assert (dated.status_code, dated.json()["errors"][0]["pointer"]) == (422, "#/posted_on")


async def test_the_feed_tells_of_groups_and_messages_without_what_they_say(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        group = await create_group(client, RECORDED, supplier_codes=["S1"])
        body = {"content": "Ms. Lin will speak", "posted_on": "2026-03-02"}
        message = (await client.post(f"/v1/groups/{group['id']}/messages", json=body)).json()
        groups, messages = await told(client, "group"), await told(client, "group_message")
        log = (await client.get("/v1/audit-log")).text
    assert [(event["type"], event["subject"], event["data"]) for event in groups] == [
        (
            "group.created",
            group["id"],
            {
                "name": RECORDED["name"],
                "channel": "recorded",
                "has_key": False,
                "topic": None,
                "members": None,
                "supplier_ids": [supplier_id],
                "withdrawn_on": None,
                "version": 1,
            },
        )
    ]
    assert [(event["type"], event["subject"], event["data"]) for event in messages] == [
        (
            "group_message.created",
            message["id"],
            {
                "group_id": group["id"],
                "format": "text",
                "status": "recorded",
                "parts": 1,
                "posted_on": "2026-03-02",
                "sent_at": None,
                "version": 1,
            },
        )
    ]
    assert "Ms. Lin" not in log


async def test_groups_are_found_by_name_channel_and_supplier(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        await create_group(client, WECOM)
        await create_group(client, RECORDED, supplier_codes=["S1"])
        for params in ({"name": RECORDED["name"]}, {"channel": "recorded"}, {"supplier_id": supplier_id}):
            items = (await client.get("/v1/groups", params=params)).json()["items"]
            assert [item["name"] for item in items] == [RECORDED["name"]], params


async def test_a_supplier_finds_no_group_though_its_people_are_in_it(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        group = await create_group(client, RECORDED, supplier_codes=["S1"])
        url = f"/v1/groups/{group['id']}"
        message = (await client.post(f"{url}/messages", json={"content": "Hello"})).json()
    async with stage.machine("engagement", "engagement:read", supplier_id=supplier_id) as bound:
        answers = [
            await bound.get(path) for path in ("/v1/groups", url, f"{url}/messages", f"{url}/messages/{message['id']}")
        ]
        forbidden = await bound.post(f"{url}/messages", json={"content": "Hello"})
    assert [answer.status_code for answer in answers] == [404] * 4
    assert forbidden.status_code == 403
