"""What support meetings treat: findings, why they arose and what helps."""

from typing import Any
from uuid import uuid4

import pytest

from tests.audit.programme import add_audit, add_finding, step
from tests.engagement.programme import create_event, told
from tests.engagement.support_meetings import (
    BEST_PRACTICE,
    ROOT_CAUSE,
    create_meeting,
    known_finding,
    problem,
    promise,
    pull,
    read,
    treat,
    url_of,
)
from tests.stage import Stage


@pytest.fixture
async def finding(stage: Stage) -> dict[str, Any]:
    return await known_finding(stage)


async def test_a_support_meeting_treats_a_finding_with_its_cause_and_what_helps(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        url = f"/v1/events/{meeting['id']}/treated-findings/{finding['id']}"
        first = await client.put(url, json={"root_cause": ROOT_CAUSE})
        assert (first.status_code, first.headers["location"]) == (201, url)
        assert problem(await client.put(url, json={})) == (428, "if-match-required")
        body = {"root_cause": ROOT_CAUSE, "best_practice": BEST_PRACTICE}
        headers = {"If-Match": first.headers["etag"]}
        second = await client.put(url, json=body, headers=headers)
        assert (second.status_code, second.json()["version"]) == (200, 2)
        assert (await client.put(url, json=body, headers=headers)).status_code == 412
        same = await client.put(url, json=body, headers={"If-Match": second.headers["etag"]})
        assert same.json() == second.json() == (await client.get(url)).json()
        (shown,) = (await client.get(url.rpartition("/")[0])).json()["items"]
    assert shown == second.json()
    assert {name: shown[name] for name in body} == body
    assert (shown["supplier_id"], shown["supplier_code"]) == (finding["supplier_id"], "S1")
    assert (shown["provision"], shown["severity"], shown["closed_on"]) == ("A3", "major", None)


async def test_neither_the_feed_nor_the_audit_log_has_a_word_of_it(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        await treat(client, meeting, finding, root_cause=ROOT_CAUSE, best_practice=BEST_PRACTICE)
        await promise(client, meeting, finding)
        (event,) = await told(client, "treated_finding")
        feed = (await client.get("/v1/feed", params={"limit": 5000})).text
        log = (await client.get("/v1/audit-log", params={"limit": 200})).text
    for words in (ROOT_CAUSE, BEST_PRACTICE, "Plan shifts"):
        assert words not in feed
        assert words not in log
    assert event["type"] == "treated_finding.created"
    assert {name: value for name, value in event["data"].items() if name != "version"} == {
        "event_id": meeting["id"],
        "finding_id": finding["id"],
        "supplier_id": finding["supplier_id"],
        "has_root_cause": True,
        "has_best_practice": True,
        "is_treated": True,
    }


@pytest.mark.parametrize("kind", ["forum", "training"])
async def test_only_a_support_meeting_treats_findings(stage: Stage, finding: dict[str, Any], kind: str) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client, kind=kind)
        url = f"/v1/events/{event['id']}"
        answer = await client.put(f"{url}/treated-findings/{finding['id']}", json={})
        assert problem(answer) == (422, "not-a-support-meeting")
        body = {"finding_id": finding["id"], "what": "x", "due_on": "2030-01-01"}
        assert problem(await client.post(f"{url}/commitments", json=body)) == (422, "not-a-support-meeting")


async def test_a_finding_is_treated_once_it_is_known_here_and_while_it_is_not_withdrawn(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        url = f"/v1/events/{meeting['id']}/treated-findings"
        assert problem(await client.put(f"{url}/{uuid4()}", json={})) == (422, "unknown-finding")
        fresh = await add_finding(stage, await add_audit(stage))
        assert problem(await client.put(f"{url}/{fresh['id']}", json={})) == (422, "unknown-finding")
        await pull(stage, "audit")
        assert (await client.put(f"{url}/{fresh['id']}", json={})).status_code == 201
        assert (await step(stage, finding["id"], "withdraw")).status_code == 200
        await pull(stage, "audit")
        assert problem(await client.put(f"{url}/{finding['id']}", json={})) == (409, "finding-withdrawn")


async def test_a_finding_leaves_the_meeting_only_without_commitments_that_hold(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        await treat(client, meeting, finding, root_cause=ROOT_CAUSE)
        url = f"/v1/events/{meeting['id']}/treated-findings/{finding['id']}"
        made = await promise(client, meeting, finding)
        assert problem(await client.delete(url)) == (409, "has-commitments")
        assert (await client.post(f"{url_of(made)}/withdraw", json={"reason": "A slip"})).status_code == 200
        assert (await client.delete(url, headers={"If-Match": '"7"'})).status_code == 412
        assert (await client.delete(url)).status_code == 204
        assert (await client.delete(url)).status_code == 404
        assert (await client.get(url)).status_code == 404
        assert (await told(client, "treated_finding"))[-1]["data"]["is_treated"] is False
        await treat(client, meeting, finding)


async def test_a_withdrawn_meeting_treats_nothing_any_more(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        body, headers = {"reason": "Nobody came"}, {"If-Match": "*"}
        assert (
            await client.post(f"/v1/events/{meeting['id']}/withdraw", json=body, headers=headers)
        ).status_code == 200
        url = f"/v1/events/{meeting['id']}/treated-findings/{finding['id']}"
        assert problem(await client.put(url, json={})) == (409, "event-withdrawn")
        assert problem(await client.delete(url)) == (409, "event-withdrawn")


async def test_a_supplier_sees_what_concerns_it_and_changes_nothing(stage: Stage, finding: dict[str, Any]) -> None:
    other = await known_finding(stage, "S2")
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        for one in (finding, other):
            await treat(client, meeting, one, root_cause=ROOT_CAUSE)
    url = f"/v1/events/{meeting['id']}/treated-findings"
    assert len((await read(stage, "engagement", url))["items"]) == 2
    bound = stage.machine("engagement", "engagement:read", supplier_id=finding["supplier_id"])
    async with bound as client:
        (seen,) = (await client.get(url)).json()["items"]
        assert seen["finding_id"] == finding["id"]
        assert (await client.get(f"{url}/{finding['id']}")).json() == seen
        assert (await client.get(f"{url}/{other['id']}")).status_code == 404
        assert (await client.put(f"{url}/{finding['id']}", json={})).status_code == 403
        assert (await client.delete(f"{url}/{finding['id']}")).status_code == 403
