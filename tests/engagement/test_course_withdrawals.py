"""Views and completions that were recorded by mistake."""

from typing import Any

import httpx

from tests.audit.programme import ago
from tests.engagement.programme import create_supplier, told
from tests.engagement.test_courses import create_course
from tests.engagement.test_courses_in_the_score import credit
from tests.stage import Stage

REASON = {"reason": "Another course was meant"}


async def complete(client: httpx.AsyncClient, course: dict[str, Any], person: str = "p-1") -> httpx.Response:
    body = {"supplier_code": "S1", "person_ref": person, "on": ago(10)}
    return await client.post(f"/v1/courses/{course['id']}/completions", json=body)


async def withdraw(client: httpx.AsyncClient, url: str, tag: str = '"1"') -> httpx.Response:
    return await client.post(f"{url}/withdraw", json=REASON, headers={"If-Match": tag})


async def test_a_withdrawn_completion_counts_in_no_figure_and_no_credit(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        made = await complete(client, course)
        url = made.headers["location"]
        read = await client.get(url)
        counted = await credit(stage, supplier_id)
        withdrawn = await withdraw(client, url)
        again = await withdraw(client, url, '"2"')
        shown = (await client.get(f"/v1/courses/{course['id']}")).json()
        summary = (await client.get("/v1/summary")).json()["period"]
        (recorded, taken_back) = [event["data"]["counts"] for event in await told(client, "participation")]
        afterwards = await credit(stage, supplier_id)
        once_more = await complete(client, course)
    assert (read.json(), read.headers["etag"]) == (made.json(), '"1"')
    assert (withdrawn.status_code, withdrawn.headers["etag"]) == (200, '"2"')
    assert withdrawn.json() == {**made.json(), "version": 2, "withdrawn_on": ago(0), **REASON}
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "completion-withdrawn")
    assert (shown["completions"], summary["course_completions"], recorded, taken_back) == (0, 0, True, False)
    assert (counted, afterwards) == (0.25, 0)
    assert once_more.status_code == 201
    assert await credit(stage, supplier_id) == 0.25


async def test_the_supplier_keeps_its_credit_while_somebody_elses_completion_of_the_day_stands(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        one, other = await complete(client, course), await complete(client, course, "p-2")
        assert (await withdraw(client, one.headers["location"])).status_code == 200
        kept = await credit(stage, supplier_id)
        assert (await withdraw(client, other.headers["location"])).status_code == 200
    assert (kept, await credit(stage, supplier_id)) == (0.25, 0)


async def test_withdrawn_views_are_taken_off(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        url = f"/v1/courses/{course['id']}/views"
        wrong, right = [
            await client.post(url, json={"supplier_code": "S1", "on": ago(5), "count": count}) for count in (3400, 340)
        ]
        withdrawn = await withdraw(client, wrong.headers["location"])
        shown = (await client.get(f"/v1/courses/{course['id']}")).json()
        summary = (await client.get("/v1/summary")).json()["period"]
        listed = (await client.get(url)).json()["items"]
    assert withdrawn.json() == {**wrong.json(), "version": 2, "withdrawn_on": ago(0), **REASON}
    assert (shown["views"], summary["course_views"]) == (340, 340)
    assert listed == [withdrawn.json(), right.json()]


async def test_it_takes_the_current_version_a_reason_and_the_right_course(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        course, other = await create_course(client), await create_course(client, code="CRS-2", links=[])
        url = (await complete(client, course)).headers["location"]
        stale = await withdraw(client, url, '"9"')
        missing = await client.post(f"{url}/withdraw", json=REASON)
        silent = await client.post(f"{url}/withdraw", json={"reason": ""}, headers={"If-Match": '"1"'})
        later = await client.post(
            f"{url}/withdraw", json={**REASON, "withdrawn_on": ago(-1)}, headers={"If-Match": "*"}
        )
        elsewhere = await withdraw(client, url.replace(course["id"], other["id"]))
        still = (await client.get(url)).json()
    assert [answer.status_code for answer in (stale, missing, silent, later, elsewhere)] == [412, 428, 422, 422, 404]
    assert later.json()["errors"][0]["pointer"] == "#/withdrawn_on"
    assert still["withdrawn_on"] is None


async def test_a_supplier_reads_its_own_and_withdraws_nothing(stage: Stage) -> None:
    mine, yours = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    async with stage.machine("engagement") as client:
        course = await create_course(client)
        completed = (await complete(client, course)).headers["location"]
        viewed = (await client.post(f"/v1/courses/{course['id']}/views", json={"on": ago(5)})).headers["location"]
    async with stage.machine("engagement", "engagement:read", supplier_id=mine) as own:
        assert (await own.get(completed)).status_code == 200
        assert (await own.get(viewed)).status_code == 404
        assert (await withdraw(own, completed)).status_code == 403
    async with stage.machine("engagement", "engagement:read", supplier_id=yours) as others:
        assert (await others.get(completed)).status_code == 404
