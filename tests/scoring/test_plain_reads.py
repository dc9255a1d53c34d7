"""The short way of the hot reads: it answers as the long way does, and leaves to it whatever is not plain."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from services.scoring.service import plain_reading
from tests.scoring.test_scores import create_supplier, put_country_risk
from tests.scoring.test_tier_overrides import say
from tests.stage import Stage, url_of_role

SCORES = "/v1/scores"
TODAY = datetime.now(UTC).date()
TOMORROW = TODAY + timedelta(days=1)
LONG = "long=way"
"""A parameter that nothing asks for: all it changes is the way."""
FURTHER_POLICY = """
    INSERT INTO policy (version, name, status, valid_from, document, created_by)
    SELECT 2, 'further', 'published', DATE '{}', document, 'ann' FROM policy WHERE version = 1
"""


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """What an answer says, whichever way it came; cursors are signed with the query, so they differ."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "link")}
    body = re.sub(rb'"next_cursor":"[^"]+"', b'"next_cursor":"..."', answer.content)
    del headers["content-length"]
    return answer.status_code, headers, body


async def scored(stage: Stage, *codes: str) -> list[str]:
    await put_country_risk(stage)
    ids = [await create_supplier(stage, code) for code in codes]
    await stage.settle()
    async with stage.machine("scoring") as client:  # from here on this process has read the policy in force
        assert (await client.get(f"{SCORES}?{LONG}")).status_code == 200
    return sorted(ids)


async def is_plain(stage: Stage, supplier_id: str) -> bool:
    database = stage.resources("scoring").database
    one = await plain_reading.read_plain_score(database, UUID(supplier_id), TODAY)
    among = await plain_reading.list_plain_scores(database, None, 100, TODAY)
    assert (one is None) == (among is None)
    return one is not None


async def both_ways(stage: Stage, path: str) -> tuple[httpx.Response, httpx.Response]:
    async with stage.machine("scoring", "scoring:read") as client:
        return await client.get(path), await client.get(f"{path}{'&' if '?' in path else '?'}{LONG}")


async def change(stage: Stage, statement: str) -> None:
    """As the service itself would, but on a day of our choice."""
    url = url_of_role(stage.servers.admin_url, "migrator")
    connection = await asyncpg.connect(url, server_settings={"search_path": "scoring"})
    await connection.execute(statement)
    await connection.close()


async def test_a_plain_score_is_answered_as_the_long_way_answers(stage: Stage) -> None:
    (supplier_id,) = await scored(stage, "S1")
    assert await is_plain(stage, supplier_id)
    short, long = await both_ways(stage, f"{SCORES}/{supplier_id}")
    assert told(short) == told(long)
    assert short.json()["supplier_code"] == "S1"
    async with stage.machine("scoring") as client:
        again = await client.get(f"{SCORES}/{supplier_id}", headers={"If-None-Match": short.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_list_of_plain_scores_is_answered_as_the_long_way_answers_page_by_page(stage: Stage) -> None:
    ids = await scored(stage, "S1", "S2", "S3")
    for path in (SCORES, f"{SCORES}?limit=3", f"{SCORES}?limit=2"):
        short, long = await both_ways(stage, path)
        assert told(short) == told(long)
    cursor = short.json()["next_cursor"]
    following = f"{SCORES}?limit=2&cursor={cursor}"
    assert short.headers["link"] == f'<{following}>; rel="next"'
    async with stage.machine("scoring") as client:
        last = (await client.get(following)).json()
        assert [item["supplier_id"] for item in last["items"]] == ids[2:]
        assert last["next_cursor"] is None
        forged = await client.get(f"{SCORES}?cursor={cursor[:-2]}xx")
        assert (forged.status_code, forged.json()["type"].rsplit("/", 1)[-1]) == (400, "cursor-invalid")


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE score SET valid_until = DATE '{TODAY}' - 1",
        "UPDATE score SET policy_version = 0",
        "INSERT INTO incomplete (supplier_id, source, pos) SELECT supplier_id, 'audit', 1 FROM score",
        FURTHER_POLICY.format(TOMORROW),
        FURTHER_POLICY.format(TODAY),
    ],
    ids=["out of date", "of another policy", "incomplete", "before another policy", "after another policy"],
)
async def test_what_is_not_plain_goes_the_long_way(stage: Stage, statement: str) -> None:
    (supplier_id,) = await scored(stage, "S1")
    await change(stage, statement)
    assert not await is_plain(stage, supplier_id)


async def test_a_score_beside_which_somebodys_word_stands_goes_the_long_way(stage: Stage) -> None:
    (supplier_id,) = await scored(stage, "S1")
    assert (await say(stage, supplier_id)).status_code == 201
    assert not await is_plain(stage, supplier_id)
    short, _ = await both_ways(stage, f"{SCORES}/{supplier_id}")
    assert short.json()["tier_override"]["risk_tier"] == "high"
    listed, _ = await both_ways(stage, SCORES)
    assert listed.json()["items"] == [short.json()]


async def test_whoever_may_not_read_is_told_so(stage: Stage) -> None:
    mine, others = await scored(stage, "S1", "S2")
    async with stage.caller("scoring") as nobody, stage.machine("scoring", "audit:read") as elsewhere:
        for path in (SCORES, f"{SCORES}/{mine}"):
            assert (await nobody.get(path)).status_code == 401
            assert (await elsewhere.get(path)).status_code == 403
    async with stage.machine("scoring", "scoring:read", supplier_id=mine) as supplier:
        assert (await supplier.get(f"{SCORES}/{others}")).status_code == 404
        assert [item["supplier_id"] for item in (await supplier.get(SCORES)).json()["items"]] == [mine]


async def test_a_score_that_there_is_not_is_not_found(stage: Stage) -> None:
    async with stage.machine("scoring") as client:
        answer = await client.get(f"{SCORES}/{UUID(int=7)}")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


async def test_plain_reads_are_measured_under_their_routes_name(stage: Stage) -> None:
    (supplier_id,) = await scored(stage, "S1")
    async with stage.machine("scoring") as client:
        await client.get(f"{SCORES}/{supplier_id}")
        metrics = (await client.get("/metrics")).text
    assert supplier_id not in metrics
    assert 'route="/v1/scores/{supplier_id}"' in metrics
