"""From a support meeting to the finding and back: engagement tells, the real audit service follows up."""

import asyncio
from typing import Any

import httpx
import pytest

from services.engagement.service.meeting import commitment_telling
from tests.audit.programme import ago, events, step
from tests.engagement.programme import told
from tests.engagement.support_meetings import (
    BEST_PRACTICE,
    ROOT_CAUSE,
    Between,
    away,
    create_meeting,
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


@pytest.fixture
async def finding(stage: Stage) -> dict[str, Any]:
    return await known_finding(stage)


async def work(stage: Stage) -> None:
    """Engagement's worker, a while later."""
    await stage.psql("engagement", "UPDATE task SET next_attempt_at = now() WHERE status = 'queued'")
    await stage.run_tasks("engagement")


async def at_audit(stage: Stage, finding: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await read(stage, "audit", f"/v1/findings/{finding['id']}/commitments"))["items"]
    return items


async def happened_at_audit(stage: Stage) -> list[str]:
    return [event["type"] for event in await events(stage, "finding_commitment")]


async def confirm(stage: Stage, made: dict[str, Any], what: str = "kept", **body: Any) -> None:
    async with stage.machine("audit") as client:
        url = f"/v1/findings/{made['finding_id']}/commitments/{made['id']}/{what}"
        answer = await client.post(url, json=body)
        assert answer.status_code == 200, answer.text


async def withdraw(stage: Stage, made: dict[str, Any]) -> httpx.Response:
    async with stage.machine("engagement") as client:
        return await client.post(f"{url_of(made)}/withdraw", json={"reason": "Line closed"})


async def test_a_promise_goes_from_the_meeting_to_the_finding_and_what_became_of_it_comes_back(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        await treat(client, meeting, finding, root_cause=ROOT_CAUSE, best_practice=BEST_PRACTICE)
        with away(stage, "audit"):
            # A meeting goes on without the audit service ...
            made = await promise(client, meeting, finding)
            await stage.run_tasks("engagement")
            await work(stage)
        assert await at_audit(stage, finding) == []
        assert (await client.get(url_of(made))).json()["told_at"] is None
        # ... which hears of it once it is back, however often it was asked in vain.
        await work(stage)
        assert (await client.get(url_of(made))).json()["told_at"] is not None
    detail = await read(stage, "audit", f"/v1/findings/{finding['id']}")
    assert (detail["open_commitments"], detail["overdue_commitments"]) == (1, 1)
    (followed,) = (await read(stage, "audit", "/v1/commitments", overdue=True))["items"]
    assert all(followed[name] == made[name] for name in ("id", "what", "made_on", "due_on"))
    assert (followed["meeting"], followed["created_by"]) == ("MTG-1", "bellwether:engagement")
    with away(stage, "engagement"):
        # Nor does following up need the engagement service.
        await confirm(stage, made, kept_on=ago(2), note="Seen on site")
    await pull(stage, "audit")
    kept = await read(stage, "engagement", url_of(made))
    assert (kept["status"], kept["kept_on"], kept["overdue"], kept["trouble"]) == ("kept", ago(2), False, None)
    assert problem(await withdraw(stage, made)) == (409, "commitment-kept")
    history = (await read(stage, "audit", f"/v1/findings/{finding['id']}/history"))["items"]
    assert [(entry["what"], entry["on"]) for entry in history[1:]] == [
        ("commitment_made", ago(30)),
        ("commitment_kept", ago(2)),
    ]
    await confirm(stage, made, "reopen", reason="The wrong line")
    await pull(stage, "audit")
    kept = await read(stage, "engagement", url_of(made))
    assert (kept["status"], kept["kept_on"], kept["overdue"]) == ("open", None, True)
    async with stage.machine("engagement") as client:
        heard = [event["type"].partition(".")[2] for event in await told(client, "commitment")]
    assert heard == ["made", "kept", "reopened"]


async def test_a_withdrawal_reaches_the_finding_also_where_it_overtakes_the_promise(
    stage: Stage, finding: dict[str, Any]
) -> None:
    made = await promised(stage, finding)
    await stage.run_tasks("engagement")
    assert (await withdraw(stage, made)).status_code == 200
    # The audit service's word that it is open, said before it heard of the withdrawal, comes late.
    await pull(stage, "audit")
    assert (await read(stage, "engagement", url_of(made)))["status"] == "withdrawn"
    await work(stage)
    (followed,) = await at_audit(stage, finding)
    assert (followed["status"], followed["note"]) == ("withdrawn", "Line closed")
    await pull(stage, "audit")
    assert (await read(stage, "engagement", url_of(made)))["status"] == "withdrawn"
    async with stage.machine("engagement") as client:
        quick = await promise(client, {"id": made["event_id"]}, finding)
    assert (await withdraw(stage, quick)).status_code == 200
    await work(stage)
    assert [one["status"] for one in await at_audit(stage, finding)] == ["withdrawn", "withdrawn"]
    assert (await happened_at_audit(stage))[-1] == "finding_commitment.withdrawn"


async def test_withdrawing_the_meeting_withdraws_what_was_promised_in_it_at_the_finding_too(
    stage: Stage, finding: dict[str, Any]
) -> None:
    made = await promised(stage, finding)
    await stage.run_tasks("engagement")
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{made['event_id']}/withdraw"
        answer = await client.post(url, json={"reason": "Nobody came"}, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
    await work(stage)
    (followed,) = await at_audit(stage, finding)
    assert (followed["status"], followed["note"]) == ("withdrawn", "The meeting was withdrawn.")


async def test_when_the_meetings_day_is_corrected_the_finding_shows_it(stage: Stage, finding: dict[str, Any]) -> None:
    made = await promised(stage, finding)
    await stage.run_tasks("engagement")
    times = {"starts_at": f"{ago(29)}T09:00:00Z", "ends_at": f"{ago(29)}T10:00:00Z"}
    async with stage.machine("engagement") as client:
        answer = await client.patch(f"/v1/events/{made['event_id']}", json=times, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
    await work(stage)
    (followed,) = await at_audit(stage, finding)
    assert (followed["made_on"], followed["version"]) == (ago(29), 2)


@pytest.mark.parametrize("status", [500, 503, 401, 403, 429])
async def test_an_audit_service_that_cannot_take_it_now_is_told_later_however_long_that_takes(
    stage: Stage, finding: dict[str, Any], status: int
) -> None:
    made = await promised(stage, finding)
    broken = httpx.MockTransport(lambda _: httpx.Response(status))
    for _ in range(9):
        with away(stage, "audit", broken):
            await work(stage)
    assert (await read(stage, "engagement", url_of(made)))["trouble"] is None
    await work(stage)
    assert len(await at_audit(stage, finding)) == 1
    (task,) = await stage.psql("engagement", "SELECT status FROM task")
    assert task["status"] == "succeeded"


async def test_what_is_refused_says_why_and_keeps_nothing_else_waiting(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        other = await known_finding(stage, "S2")
        for one in (finding, other):
            await treat(client, meeting, one)
        refused, taken = await promise(client, meeting, finding), await promise(client, meeting, other)
    # Withdrawn at the audit service, before engagement has heard of it.
    assert (await step(stage, finding["id"], "withdraw")).status_code == 200
    await stage.run_tasks("engagement")
    seen = await read(stage, "engagement", url_of(refused))
    assert (seen["told_at"], seen["status"]) == (None, "open")
    assert seen["trouble"] == "The finding is withdrawn; the audit service takes no commitments about it."
    assert (await read(stage, "engagement", url_of(taken)))["told_at"] is not None
    assert {row["status"] for row in await stage.psql("engagement", "SELECT status FROM task")} == {"succeeded"}
    # Withdrawing it ends the trouble: that much the audit service takes down.
    assert (await withdraw(stage, refused)).status_code == 200
    await work(stage)
    assert (await read(stage, "engagement", url_of(refused)))["trouble"] is None


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (404, "The audit service knows no such finding."),
        (422, "The audit service does not take it: it is due before the day of its meeting."),
        (400, "The audit service refuses it (HTTP 400)."),
    ],
)
async def test_each_refusal_has_its_words(stage: Stage, finding: dict[str, Any], status: int, trouble: str) -> None:
    made = await promised(stage, finding)
    with away(stage, "audit", httpx.MockTransport(lambda _: httpx.Response(status))):
        await stage.run_tasks("engagement")
    assert (await read(stage, "engagement", url_of(made)))["trouble"] == trouble


async def test_what_was_kept_before_it_was_withdrawn_here_is_kept(stage: Stage, finding: dict[str, Any]) -> None:
    made = await promised(stage, finding)
    await stage.run_tasks("engagement")
    await confirm(stage, made, kept_on=ago(2))
    assert (await withdraw(stage, made)).status_code == 200
    await work(stage)
    assert "kept before" in (await read(stage, "engagement", url_of(made)))["trouble"]
    await pull(stage, "audit")
    seen = await read(stage, "engagement", url_of(made))
    assert (seen["status"], seen["kept_on"], seen["withdrawn_on"], seen["reason"]) == ("kept", ago(2), None, None)
    assert "kept before" in seen["trouble"]


async def test_an_answer_that_is_lost_and_a_worker_that_dies_leave_one_commitment_told_once(
    stage: Stage, finding: dict[str, Any]
) -> None:
    made = await promised(stage, finding)

    async def lose(_: httpx.Request) -> None:
        raise httpx.ReadError("connection lost")

    lossy = Between(stage.transport.applications["audit"], lose)
    with away(stage, "audit", lossy):
        await stage.run_tasks("engagement")
    assert lossy.asked > 1

    async def die(_: httpx.Request) -> None:
        raise asyncio.CancelledError

    dying = Between(stage.transport.applications["audit"], die)
    with away(stage, "audit", dying), pytest.raises(asyncio.CancelledError):
        await work(stage)
    assert (await read(stage, "engagement", url_of(made)))["told_at"] is None
    await work(stage)
    await stage.psql("engagement", "UPDATE task SET status = 'queued', finished_at = NULL")
    await work(stage)
    seen = await read(stage, "engagement", url_of(made))
    (followed,) = await at_audit(stage, finding)
    assert (seen["told_at"] is not None, seen["version"], followed["version"]) == (True, 2, 1)
    assert await happened_at_audit(stage) == ["finding_commitment.made"]


async def test_a_worker_that_was_overtaken_tells_the_newest_last(stage: Stage, finding: dict[str, Any]) -> None:
    made = await promised(stage, finding)

    async def end_meanwhile(_: httpx.Request) -> None:
        between.then = nothing
        assert (await withdraw(stage, made)).status_code == 200

    async def nothing(_: httpx.Request) -> None: ...

    between = Between(stage.transport.applications["audit"], end_meanwhile)
    with away(stage, "audit", between):
        await stage.run_tasks("engagement")
    # The first task told it twice, the second had nothing left to tell.
    assert between.asked == 2
    assert [one["status"] for one in await at_audit(stage, finding)] == ["withdrawn"]
    assert (await read(stage, "engagement", url_of(made)))["told_at"] is not None


async def test_a_task_that_is_given_up_says_so_at_the_commitment(stage: Stage, finding: dict[str, Any]) -> None:
    made = await promised(stage, finding)
    resources = stage.resources("engagement")
    async with resources.database.transaction() as session:
        await commitment_telling.give_up(session, {"ids": [made["id"]]})
    assert "given up" in (await read(stage, "engagement", url_of(made)))["trouble"]
    await stage.run_tasks("engagement")
    assert (await read(stage, "engagement", url_of(made)))["trouble"] is None


async def test_what_is_known_already_is_not_taken_in_again(stage: Stage, finding: dict[str, Any]) -> None:
    made = await promised(stage, finding)
    await stage.run_tasks("engagement")
    await confirm(stage, made)
    await pull(stage, "audit")
    before = await stage.psql("engagement", "SELECT * FROM commitment")
    # As after a restored backup of the source: everything is read again, at positions that only grow.
    await stage.psql("audit", "UPDATE feed_state SET epoch = gen_random_uuid()")
    await pull(stage, "audit")
    (after,) = await stage.psql("engagement", "SELECT * FROM commitment")
    assert (after["status"], after["version"]) == (before[0]["status"], before[0]["version"])
    assert after["pos"] > before[0]["pos"]
    assert await stage.psql("engagement", "SELECT * FROM feed_parked") == []


async def test_commitments_change_no_score(stage: Stage, finding: dict[str, Any]) -> None:
    url = f"/v1/scores/{finding['supplier_id']}"
    await stage.settle()
    before = await read(stage, "scoring", url)
    made = await promised(stage, finding)
    await stage.run_tasks("engagement")
    await confirm(stage, made)
    await stage.settle()
    after = await read(stage, "scoring", url)
    assert (after["score"], after["computed_at"]) == (before["score"], before["computed_at"])
    assert await stage.psql("scoring", "SELECT pos FROM feed_parked") == []
    assert await stage.psql("scoring", "SELECT supplier_id FROM dirty") == []
