"""From a completed course to its certificate's reminder: engagement asks, the real registry answers."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contracts.test_engagement_asks_registry import registry_away
from tests.engagement.programme import create_supplier
from tests.engagement.test_courses import create_course
from tests.engagement.test_xapi import PASSED, send, statement
from tests.stage import Stage


async def complete(stage: Stage, course: dict[str, Any], code: str, **changes: Any) -> None:
    body = {"supplier_code": code, "person_ref": "p-1", "on": "2026-04-07", **changes}
    async with stage.machine("engagement") as client:
        answer = await client.post(f"/v1/courses/{course['id']}/completions", json=body)
        assert answer.status_code == 201, answer.text


async def reminders(stage: Stage) -> list[dict[str, Any]]:
    async with stage.machine("registry") as client:
        items: list[dict[str, Any]] = (await client.get("/v1/certificate-reminders")).json()["items"]
        return items


async def new_course(stage: Stage, **changes: Any) -> dict[str, Any]:
    async with stage.machine("engagement") as client:
        return await create_course(client, **changes)


async def test_a_completed_iso_course_leads_to_one_reminder_for_each_supplier(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    course = await new_course(stage, standard="iso 14001:2015")
    await complete(stage, course, "S1")
    await complete(stage, course, "S1", person_ref="p-2", on="2026-05-01")
    await complete(stage, course, "S2")
    assert await reminders(stage) == []
    await stage.run_tasks("engagement")
    found = await reminders(stage)
    assert [(item["supplier_id"], item["source_id"]) for item in found] == [(one, course["id"]), (two, course["id"])]
    assert {(item["standard"], item["due_on"]) for item in found} == {("ISO 14001", "2026-07-06")}
    assert found[0]["reason"] == "Course CRS-14001 was completed on 2026-04-07."
    assert found[0]["created_by"] == "bellwether:engagement"


async def test_passing_a_course_at_a_learning_system_leads_to_it_too_in_one_task_for_all(stage: Stage) -> None:
    for code in ("S1", "S2"):
        await create_supplier(stage, code)
    await new_course(stage)
    accounts = [{"account": {"homePage": "https://l.example", "name": f"{code}/p"}} for code in ("S1", "S2", "S1")]
    batch = [statement(PASSED, actor=actor, context={}) for actor in accounts]
    async with stage.machine("engagement") as client:
        assert (await send(client, batch)).status_code == 200
        assert (await send(client, batch)).status_code == 200
    assert len(await stage.psql("engagement", "SELECT id FROM task")) == 1
    await stage.run_tasks("engagement")
    assert len(await reminders(stage)) == 2


@pytest.mark.parametrize("standard", ["RBA", None, "ISO 9001"])
async def test_a_course_on_anything_else_leads_to_none(stage: Stage, standard: str | None) -> None:
    await create_supplier(stage, "S1")
    await complete(stage, await new_course(stage, standard=standard), "S1")
    assert await stage.psql("engagement", "SELECT id FROM task") == []


async def test_while_the_registry_is_away_it_is_asked_again_later_however_long_that_takes(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    course = await new_course(stage)
    await complete(stage, course, "S1")
    broken = httpx.MockTransport(lambda _: httpx.Response(500))
    for answering in (None, broken, *[None] * 8):
        with registry_away(stage, answering):
            await stage.run_tasks("engagement")
        await stage.psql("engagement", "UPDATE task SET next_attempt_at = now()")
    assert await reminders(stage) == []
    await stage.run_tasks("engagement")
    assert len(await reminders(stage)) == 1
    (task,) = await stage.psql("engagement", "SELECT status FROM task")
    assert task["status"] == "succeeded"


async def test_a_task_that_is_done_twice_makes_nothing_twice(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    await complete(stage, await new_course(stage), "S1")
    await stage.run_tasks("engagement")
    before = await reminders(stage)
    await stage.psql("engagement", "UPDATE task SET status = 'queued', next_attempt_at = now(), finished_at = NULL")
    await stage.run_tasks("engagement")
    assert await reminders(stage) == before


async def test_a_supplier_that_the_registry_refuses_keeps_nobody_else_waiting_and_the_operators_see_it(
    stage: Stage,
) -> None:
    for code in ("S1", "S2"):
        await create_supplier(stage, code)
    course = await new_course(stage)
    await complete(stage, course, "S1")
    unknown = f'{{"{uuid4()}": "2026-04-07"}}'
    await stage.psql(
        "engagement",
        "UPDATE task SET payload = jsonb_set(payload, '{completed}', $1::jsonb || (payload -> 'completed'))",
        unknown,
    )
    await stage.run_tasks("engagement")
    assert len(await reminders(stage)) == 1
    (task,) = await stage.psql("engagement", "SELECT status, attempts, last_error FROM task")
    assert (task["status"], task["attempts"]) == ("queued", 1)
    assert "404" in task["last_error"]
