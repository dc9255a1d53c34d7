"""Courses over HTTP."""

from typing import Any

import httpx
import pytest

from tests.engagement.programme import create_supplier, told
from tests.stage import Stage

COURSE = {
    "code": "CRS-14001",
    "title": "ISO 14001 環境管理系統入門",
    "language": "zh-TW",
    "standard": "ISO 14001",
    "links": ["https://learning.example/courses/14001"],
}


async def create_course(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/v1/courses", json={**COURSE, **changes})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_course_is_read_back_as_it_was_created(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        created = await create_course(client)
        answer = await client.get(f"/v1/courses/{created['id']}")
        taken = await client.post("/v1/courses", json=COURSE)
    assert answer.json() == created
    assert answer.headers["etag"] == '"1"'
    assert created == {"id": created["id"], "version": 1, **COURSE, "views": 0, "completions": 0}
    assert taken.status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", None),
        ("links", ["javascript:alert(1)"]),
        ("links", ["https://"]),
        ("links", ["http://[broken/14001"]),
        ("language", "??"),
        ("colour", "green"),
    ],
)
async def test_a_wrong_field_is_named(stage: Stage, field: str, value: Any) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/courses", json={**COURSE, field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"#/{field}")


async def test_a_course_is_changed_on_its_current_version(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        url = f"/v1/courses/{(await create_course(client))['id']}"
        assert (await client.patch(url, json={"title": "New"})).status_code == 428
        assert (await client.patch(url, json={"title": "New"}, headers={"If-Match": '"9"'})).status_code == 412
        changed = await client.patch(url, json={"title": "New", "standard": None}, headers={"If-Match": '"1"'})
        null = await client.patch(url, json={"title": None}, headers={"If-Match": '"2"'})
    assert (changed.json()["title"], changed.json()["standard"], changed.headers["etag"]) == ("New", None, '"2"')
    assert null.status_code == 422


async def test_courses_are_found_by_code_language_and_standard(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await create_course(client)
        await create_course(client, code="CRS-RBA", standard="RBA", language="en")
        for params in ({"code": "CRS-RBA"}, {"language": "en"}, {"standard": "RBA"}):
            items = (await client.get("/v1/courses", params=params)).json()["items"]
            assert [item["code"] for item in items] == ["CRS-RBA"], params


async def test_views_are_counted_with_or_without_a_supplier(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        url = f"/v1/courses/{course['id']}"
        one = await client.post(f"{url}/views", json={"supplier_code": "S1", "on": "2026-01-06", "count": 3})
        await client.post(f"{url}/views", json={"on": "2026-01-07"})
        future = await client.post(f"{url}/views", json={"on": "2199-01-07"})
        unknown = await client.post(f"{url}/views", json={"supplier_code": "S9", "on": "2026-01-07"})
        listed = (await client.get(f"{url}/views")).json()["items"]
        shown = (await client.get(url)).json()
    assert (one.status_code, one.json()["supplier_id"]) == (201, supplier_id)
    assert [answer.json()["errors"][0]["pointer"] for answer in (future, unknown)] == ["#/on", "#/supplier_code"]
    assert [(item["supplier_id"], item["count"]) for item in listed] == [(supplier_id, 3), (None, 1)]
    assert (shown["views"], shown["version"]) == (4, 3)


async def test_a_completion_is_recorded_once_and_tells_of_the_suppliers_participation_on_its_day(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    done = {"supplier_code": "S1", "person_ref": "p-1", "on": "2026-04-07"}
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        url = f"/v1/courses/{course['id']}/completions"
        first = await client.post(url, json=done)
        again = await client.post(url, json=done)
        await client.post(url, json={**done, "person_ref": "p-2"})
        after_one_day = await told(client, "participation")
        # An earlier day counts by itself: it may lie in a window in which the later one does not.
        await client.post(url, json={**done, "person_ref": "p-3", "on": "2025-03-01"})
        after_two_days = await told(client, "participation")
        listed = (await client.get(url)).json()["items"]
        nameless = await client.post(url, json={"supplier_code": "S1", "on": "2026-04-07"})
        courses = await told(client, "course")
    assert (first.status_code, again.status_code, nameless.status_code) == (201, 409, 422)
    assert [item["person_ref"] for item in listed] == ["p-1", "p-2", "p-3"]
    assert [event["data"]["on"] for event in after_one_day] == ["2026-04-07"]
    assert [event["data"]["on"] for event in after_two_days] == ["2026-04-07", "2025-03-01"]
    assert len({event["subject"] for event in after_two_days}) == 2
    assert after_two_days[-1]["data"] == {
        "supplier_id": supplier_id,
        "subject_id": course["id"],
        "kind": "course",
        "on": "2025-03-01",
        "counts": True,
        "version": 1,
    }
    assert [event["type"] for event in courses] == ["course.created", *["course.completed"] * 3]
    assert "p-1" not in str(courses)


async def test_the_audit_log_tells_which_views_and_completions_were_recorded_and_not_whose(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        url = f"/v1/courses/{course['id']}"
        view = (await client.post(f"{url}/views", json={"on": "2026-01-07", "count": 3})).json()
        done = {"supplier_code": "S1", "person_ref": "p-secret", "on": "2026-04-07"}
        completion = (await client.post(f"{url}/completions", json=done)).json()
        log = (await client.get("/v1/audit-log", params={"resource_id": course["id"]})).json()["items"]
    assert [entry["changes"] for entry in log[1:]] == [
        {"views": [0, 3], "view": [None, {"id": view["id"], "supplier_id": None, "on": "2026-01-07"}]},
        {
            "completions": [0, 1],
            "completion": [None, {"id": completion["id"], "supplier_id": supplier_id, "on": "2026-04-07"}],
        },
    ]
    assert "p-secret" not in str(log)


async def test_a_supplier_sees_the_catalogue_and_its_own_people(stage: Stage) -> None:
    one = await create_supplier(stage, "S1")
    await create_supplier(stage, "S2")
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        for code in ("S1", "S2"):
            body = {"supplier_code": code, "on": "2026-04-07"}
            await client.post(f"/v1/courses/{course['id']}/views", json=body)
            await client.post(f"/v1/courses/{course['id']}/completions", json={**body, "person_ref": f"p-{code}"})
    async with stage.machine("engagement", "engagement:read", supplier_id=one) as bound:
        shown = (await bound.get("/v1/courses")).json()["items"]
        completions = (await bound.get(f"/v1/courses/{course['id']}/completions")).json()["items"]
        views = (await bound.get(f"/v1/courses/{course['id']}/views")).json()["items"]
    assert [(item["code"], item["views"], item["completions"]) for item in shown] == [("CRS-14001", None, None)]
    assert [item["person_ref"] for item in completions] == ["p-S1"]
    assert [item["supplier_id"] for item in views] == [one]
