"""What suppliers promise in support meetings, as engagement keeps it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event as listen

from services.engagement.domain.commitments import Standing, standing_after_news
from tests.audit.programme import ago, days_ago, step
from tests.engagement.programme import told
from tests.engagement.support_meetings import (
    create_meeting,
    ids,
    known_finding,
    problem,
    promise,
    promised,
    pull,
    read,
    treat,
    url_of,
)
from tests.stage import Stage

D1, D2 = days_ago(2), days_ago(1)


@contextmanager
def counted(stage: Stage) -> Iterator[list[str]]:
    """The statements that engagement sends meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engine = stage.resources("engagement").database.engine.sync_engine
    listen.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        listen.remove(engine, "before_cursor_execute", note)


@pytest.fixture
async def finding(stage: Stage) -> dict[str, Any]:
    return await known_finding(stage)


@pytest.mark.parametrize(
    ("withdrawn_here", "kept_on", "withdrawn_on", "after"),
    [
        (None, None, None, Standing("open")),
        (None, D1, None, Standing("kept", kept_on=D1)),
        (D2, None, None, Standing("withdrawn", withdrawn_on=D2)),
        (D2, None, D2, Standing("withdrawn", withdrawn_on=D2)),
        (None, None, D2, Standing("withdrawn", withdrawn_on=D2)),
        (D2, D1, None, Standing("kept", kept_on=D1)),
    ],
)
def test_what_was_kept_stays_kept_and_a_withdrawal_holds_until_the_audit_service_has_heard_of_it(
    withdrawn_here: Any, kept_on: Any, withdrawn_on: Any, after: Standing
) -> None:
    assert standing_after_news(withdrawn_here, kept_on, withdrawn_on) == after


async def test_a_commitment_bears_the_meetings_day_and_is_late_after_its_due_day(
    stage: Stage, finding: dict[str, Any]
) -> None:
    made = await promised(stage, finding)
    assert (made["event_ref"], made["made_on"], made["due_on"]) == ("MTG-1", ago(30), ago(1))
    assert (made["status"], made["overdue"], made["told_at"], made["trouble"]) == ("open", True, None, None)
    assert (made["supplier_id"], made["supplier_code"]) == (finding["supplier_id"], "S1")
    async with stage.machine("engagement") as client:
        answer = await client.get(url_of(made))
        assert answer.json() == made
        assert (await client.get(url_of(made), headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
        (event,) = await told(client, "commitment")
        assert event["type"] == "commitment.made"
        assert "what" not in event["data"]
        meeting = {"id": made["event_id"]}
        today = await promise(client, meeting, finding, due_on=ago(0))
        assert today["overdue"] is False


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"due_on": ago(31)}, "due-before-made", "#/due_on"),
        ({"finding_id": "01890000-0000-7000-8000-000000000000"}, "finding-not-treated", "#/finding_id"),
        ({"what": ""}, "validation-error", "#/what"),
        ({"status": "kept"}, "validation-error", "#/status"),
    ],
)
async def test_a_commitment_that_cannot_be_so_is_refused_by_field(
    stage: Stage, finding: dict[str, Any], changes: dict[str, Any], code: str, pointer: str
) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        await treat(client, meeting, finding)
        body = {"finding_id": finding["id"], "what": "x", "due_on": ago(1), **changes}
        answer = await client.post(f"/v1/events/{meeting['id']}/commitments", json=body)
    assert problem(answer) == (422, code)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await stage.psql("engagement", "SELECT id FROM task") == []


async def test_nothing_is_promised_before_the_meetings_day_nor_about_a_withdrawn_finding(
    stage: Stage, finding: dict[str, Any]
) -> None:
    body = {"finding_id": finding["id"], "what": "x", "due_on": ago(-30)}
    async with stage.machine("engagement") as client:
        to_come = await create_meeting(client, days_ago=-7)
        await treat(client, to_come, finding)
        answer = await client.post(f"/v1/events/{to_come['id']}/commitments", json=body)
        assert problem(answer) == (409, "meeting-to-come")
        meeting = await create_meeting(client, event_ref="MTG-2")
        await treat(client, meeting, finding)
        assert (await step(stage, finding["id"], "withdraw")).status_code == 200
        await pull(stage, "audit")
        answer = await client.post(f"/v1/events/{meeting['id']}/commitments", json=body)
        assert problem(answer) == (409, "finding-withdrawn")


async def test_a_commitment_is_withdrawn_once_and_with_a_reason(stage: Stage, finding: dict[str, Any]) -> None:
    made = await promised(stage, finding)
    url = f"{url_of(made)}/withdraw"
    async with stage.machine("engagement") as client:
        assert (await client.post(url, json={})).status_code == 422
        stale = await client.post(url, json={"reason": "Line closed"}, headers={"If-Match": '"9"'})
        assert stale.status_code == 412
        answer = await client.post(url, json={"reason": "Line closed"})
        assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
        assert (answer.json()["withdrawn_on"], answer.json()["reason"]) == (ago(0), "Line closed")
        assert answer.json()["overdue"] is False
        assert problem(await client.post(url, json={"reason": "Again"})) == (409, "commitment-withdrawn")
        elsewhere = await create_meeting(client, event_ref="MTG-2")
        foreign = f"/v1/events/{elsewhere['id']}/commitments/{made['id']}"
        assert (await client.get(foreign)).status_code == 404
        assert (await client.post(f"{foreign}/withdraw", json={"reason": "x"})).status_code == 404
        assert [event["type"] for event in await told(client, "commitment")] == [
            "commitment.made",
            "commitment.withdrawn",
        ]


async def test_with_the_meeting_its_open_commitments_are_withdrawn_whatever_their_number(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async with stage.machine("engagement") as client:
        meeting, other = await create_meeting(client), await create_meeting(client, event_ref="MTG-2")
        for one in (meeting, other):
            await treat(client, one, finding)
        made = [await promise(client, meeting, finding) for _ in range(5)]
        stays = await promise(client, other, finding)
        before = await stage.psql("engagement", "SELECT id FROM task")
        answer = await client.post(
            f"/v1/events/{meeting['id']}/withdraw", json={"reason": "Nobody came"}, headers={"If-Match": "*"}
        )
        assert answer.status_code == 200, answer.text
        items = (await client.get(f"/v1/events/{meeting['id']}/commitments")).json()["items"]
        assert [(item["id"], item["status"]) for item in items] == [(one["id"], "withdrawn") for one in made]
        assert {item["reason"] for item in items} == {"The meeting was withdrawn."}
        assert (await client.get(url_of(stays))).json()["status"] == "open"
    tasks = await stage.psql("engagement", "SELECT payload FROM task WHERE kind = 'tell_of_commitments'")
    assert len(tasks) == len(before) + 1


async def test_commitments_are_listed_by_what_is_awaited(stage: Stage, finding: dict[str, Any]) -> None:
    other = await known_finding(stage, "S2")
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        for one in (finding, other):
            await treat(client, meeting, one)
        late = (await promise(client, meeting, finding))["id"]
        later = (await promise(client, meeting, finding, due_on=ago(-9)))["id"]
        moot = (await promise(client, meeting, other))["id"]
    assert (await step(stage, other["id"], "withdraw")).status_code == 200
    await pull(stage, "audit")

    async def listed(**params: Any) -> list[str]:
        return await ids(stage, "engagement", "/v1/commitments", **params)

    assert await listed() == [late, later, moot]
    # What a withdrawn finding entailed is not awaited any more.
    assert await listed(overdue=True) == [late]
    assert await listed(overdue=False) == [later, moot]
    assert await listed(status="open", due_before=ago(0)) == [late, moot]
    assert await listed(status="kept") == []
    assert await listed(supplier_id=other["supplier_id"]) == await listed(finding_id=other["id"]) == [moot]
    page = await read(stage, "engagement", "/v1/commitments", limit=2)
    assert await listed(limit=2, cursor=page["next_cursor"]) == [moot]


async def test_a_supplier_sees_its_own_promises_without_what_went_wrong_in_telling_of_them(
    stage: Stage, finding: dict[str, Any]
) -> None:
    other = await known_finding(stage, "S2")
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        for one in (finding, other):
            await treat(client, meeting, one)
        own, foreign = await promise(client, meeting, finding), await promise(client, meeting, other)
    await stage.psql("engagement", "UPDATE commitment SET trouble = 'Refused'")
    bound = stage.machine("engagement", "engagement:read", supplier_id=finding["supplier_id"])
    async with bound as client:
        for url in ("/v1/commitments", f"/v1/events/{meeting['id']}/commitments"):
            (seen,) = (await client.get(url)).json()["items"]
            assert (seen["id"], seen["trouble"]) == (own["id"], None)
        assert (await client.get(url_of(own))).json() == seen
        assert (await client.get(url_of(foreign))).status_code == 404
        assert (await client.get("/v1/commitments", params={"supplier_id": other["supplier_id"]})).status_code == 404
        assert (await client.post(f"{url_of(own)}/withdraw", json={"reason": "x"})).status_code == 403


async def test_many_commitments_cost_as_many_statements_as_one(stage: Stage, finding: dict[str, Any]) -> None:
    costs = []
    async with stage.machine("engagement") as client:
        for ref, number in (("MTG-1", 1), ("MTG-2", 12)):
            meeting = await create_meeting(client, event_ref=ref)
            await treat(client, meeting, finding)
            made = [await promise(client, meeting, finding) for _ in range(number)]
            await stage.run_tasks("engagement")
            await pull(stage, "audit")
            async with stage.machine("audit") as audit:
                for one in made:
                    url = f"/v1/findings/{finding['id']}/commitments/{one['id']}"
                    assert (await audit.post(f"{url}/kept")).status_code == 200
            with counted(stage) as told_of:
                await pull(stage, "audit")
            async with stage.machine("audit") as audit:
                for one in made:
                    url = f"/v1/findings/{finding['id']}/commitments/{one['id']}/reopen"
                    assert (await audit.post(url, json={"reason": "x"})).status_code == 200
            await pull(stage, "audit")
            with counted(stage) as listed:
                items = (await client.get(f"/v1/events/{meeting['id']}/commitments")).json()["items"]
            with counted(stage) as withdrawn:
                url = f"/v1/events/{meeting['id']}/withdraw"
                answer = await client.post(url, json={"reason": "x"}, headers={"If-Match": "*"})
            assert (len(items), answer.status_code) == (number, 200)
            costs.append([len(told_of), len(listed), len(withdrawn)])
    assert costs[0] == costs[1]
