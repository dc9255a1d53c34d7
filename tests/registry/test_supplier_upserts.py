"""Suppliers put by their code."""

import asyncio

import pytest

from tests.stage import Stage

JADE = {"name": "Jade River Precision Co."}


@pytest.mark.parametrize("code", ["%20", "%20%09", "x" * 65])
async def test_a_code_that_is_blank_or_too_long_is_refused_as_in_a_body(stage: Stage, code: str) -> None:
    async with stage.machine("registry") as client:
        answer = await client.put(f"/v1/suppliers/by-code/{code}", json=JADE)
    assert answer.status_code == 422, answer.text
    assert "code" in answer.json()["errors"][0]["pointer"]


async def test_blanks_around_a_code_are_no_part_of_it(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        first = await client.put("/v1/suppliers/by-code/S1", json=JADE)
        again = await client.put("/v1/suppliers/by-code/%20S1%20", json=JADE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


async def test_a_code_may_have_a_slash(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        answer = await client.put("/v1/suppliers/by-code/TW%2F0012", json=JADE)
    assert (answer.status_code, answer.json()["code"]) == (201, "TW/0012")


async def test_an_upsert_is_held_to_the_version_that_it_names(stage: Stage) -> None:
    url = "/v1/suppliers/by-code/S1"
    async with stage.machine("registry") as client:
        based_on_nothing = await client.put(url, json=JADE, headers={"If-Match": '"1"'})
        created = await client.put(url, json=JADE)
        changed = await client.put(url, json={"name": "New"}, headers={"If-Match": created.headers["etag"]})
        stale = await client.put(url, json={"name": "Newer"}, headers={"If-Match": created.headers["etag"]})
        last = await client.put(url, json={"name": "Last"})
    answers = (based_on_nothing, created, changed, stale, last)
    assert [answer.status_code for answer in answers] == [412, 201, 200, 412, 200]
    assert (last.json()["name"], last.headers["etag"]) == ("Last", '"3"')


async def test_of_several_first_puts_of_one_code_one_creates_and_all_succeed(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        answers = await asyncio.gather(
            *(client.put("/v1/suppliers/by-code/S1", json={"name": f"Name {n}"}) for n in range(4))
        )
        listed = (await client.get("/v1/suppliers")).json()["items"]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert [item["version"] for item in listed] == [4]


async def test_of_several_posts_of_one_code_at_once_all_but_one_are_told_that_it_is_taken(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        answers = await asyncio.gather(*(client.post("/v1/suppliers", json={"code": "S1", **JADE}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["type"].rpartition("/")[2] for answer in answers if answer.status_code == 409} == {
        "code-taken"
    }
