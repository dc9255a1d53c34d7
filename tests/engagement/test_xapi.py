"""What learning systems tell, over HTTP."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.engagement.programme import create_supplier, told
from tests.engagement.test_courses import COURSE, create_course
from tests.stage import Stage

VIEWED = "http://id.tincanapi.com/verb/viewed"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
SUPPLIER = "https://bellwether.example/xapi/supplier_code"
VERSION = {"X-Experience-API-Version": "1.0.3"}
LINK = COURSE["links"][0]
MAIL = "mailto:lin.mei@s1.example"


def statement(verb: str = COMPLETED, **changes: Any) -> dict[str, Any]:
    """A statement of somebody at S1, with more in it than is kept."""
    return {
        "id": str(uuid4()),
        "actor": {"objectType": "Agent", "name": "Lin Mei", "mbox": MAIL},
        "verb": {"id": verb, "display": {"en": "did"}},
        "object": {"objectType": "Activity", "id": LINK, "definition": {"name": {"en": "A course"}}},
        "context": {"platform": "LMS", "extensions": {SUPPLIER: "S1"}},
        "timestamp": "2026-04-07T09:30:00+08:00",
        **changes,
    }


async def send(client: httpx.AsyncClient, body: Any) -> httpx.Response:
    return await client.post("/xapi/statements", json=body, headers=VERSION)


async def rows(stage: Stage, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await stage.psql("engagement", query)]


async def test_viewed_counts_as_a_view_and_completed_and_passed_as_one_completion_a_day(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    batch = [statement(VIEWED), statement(VIEWED), statement(COMPLETED), statement(PASSED)]
    batch.append(statement(COMPLETED, timestamp="2026-04-09T09:30:00Z"))
    async with stage.machine("engagement", "engagement:write") as client:
        answer = await send(client, batch)
    async with stage.machine("engagement") as client:
        course = (await client.get("/v1/courses")).json()["items"]
        assert course == []
        created = await create_course(client)
    assert answer.status_code == 422
    async with stage.machine("engagement", "engagement:write") as client:
        answer = await send(client, batch)
    assert (answer.status_code, answer.json()) == (200, [one["id"] for one in batch])
    assert answer.headers["x-experience-api-version"] == "1.0.3"
    async with stage.machine("engagement") as client:
        shown = (await client.get(f"/v1/courses/{created['id']}")).json()
        completions = (await client.get(f"/v1/courses/{created['id']}/completions")).json()["items"]
        views = (await client.get(f"/v1/courses/{created['id']}/views")).json()["items"]
        parts = await told(client, "participation")
        summary = (await client.get("/v1/summary", params={"from": "2026-04-01", "to": "2026-04-30"})).json()
    assert (shown["views"], shown["completions"]) == (2, 2)
    assert [(one["supplier_id"], one["on"], one["count"]) for one in views] == [(supplier_id, "2026-04-07", 2)]
    assert [one["on"] for one in completions] == ["2026-04-07", "2026-04-09"]
    assert len({one["person_ref"] for one in completions}) == 1
    assert [one["data"]["on"] for one in parts] == ["2026-04-07", "2026-04-09"]
    assert (summary["period"]["course_views"], summary["period"]["course_completions"]) == (2, 2)


async def test_the_same_statement_again_changes_nothing_and_another_with_its_id_is_refused(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    one, other = statement(), statement(VIEWED)
    async with stage.machine("engagement") as client:
        await create_course(client)
        first = await send(client, one)
        head = (await client.get("/v1/feed")).json()["head"]
        # Its members in another order, and with what only a store sets, it is still the same statement.
        again = await send(
            client, {**dict(reversed(one.items())), "stored": "2026-04-08T00:00:00Z", "version": "1.0.0"}
        )
        changed = await send(client, [other, {**one, "verb": {"id": PASSED}}])
        assert (await client.get("/v1/feed")).json()["head"] == head
        # A repetition is answered whatever became of the course since.
        await client.patch(f"/v1/courses/{await course_id(client)}", json={"links": []}, headers={"If-Match": "*"})
        later = await send(client, one)
    assert [answer.json() for answer in (first, again, later)] == [[one["id"]]] * 3
    assert (changed.status_code, changed.json()["errors"][0]["pointer"]) == (409, "#/1/id")
    assert await rows(stage, "SELECT id::text, verb FROM xapi_statement") == [(one["id"], "completed")]


async def course_id(client: httpx.AsyncClient) -> str:
    return str((await client.get("/v1/courses")).json()["items"][0]["id"])


async def test_the_same_statement_sent_many_times_at_once_counts_once(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    one = statement(VIEWED)
    async with stage.machine("engagement") as client:
        await create_course(client)
        answers = await asyncio.gather(*(send(client, [one]) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert await rows(stage, "SELECT views FROM course") == [(1,)]


async def test_a_statement_may_be_put_under_its_id(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    told_once = statement()
    nameless = {name: value for name, value in told_once.items() if name != "id"}
    async with stage.machine("engagement") as client:
        course = await create_course(client)

        async def put(body: Any, statement_id: str = told_once["id"]) -> httpx.Response:
            return await client.put(
                "/xapi/statements", params={"statementId": statement_id}, json=body, headers=VERSION
            )

        answers = [await put(told_once), await put(nameless)]
        again = await send(client, told_once)
        differs, other_id = await put({**nameless, "verb": {"id": VIEWED}}), await put(told_once, str(uuid4()))
        no_id = await client.put("/xapi/statements", json=nameless, headers=VERSION)
        read = (await client.get(f"/v1/courses/{course['id']}")).json()
    for answer in answers:
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert (again.status_code, read["completions"], read["views"]) == (200, 1, 0)
    assert [answer.status_code for answer in (differs, other_id, no_id)] == [409, 400, 422]


async def test_a_batch_is_taken_whole_or_not_at_all_and_every_fault_is_named(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    batch = [
        statement(),
        statement("http://adlnet.gov/expapi/verbs/launched"),
        statement(object={"id": "https://learning.example/unknown"}),
        statement(context={"extensions": {SUPPLIER: "S9"}}),
        statement(context={}),
        statement(timestamp=tomorrow),
        statement(PASSED, result={"success": False}),
    ]
    async with stage.machine("engagement") as client:
        await create_course(client)
        answer = await send(client, batch)
        twice = await send(client, [batch[0], batch[0]])
    assert answer.status_code == 422
    errors = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
    assert list(errors) == [
        "#/1/verb/id",
        "#/2/object/id",
        "#/3/context/extensions",
        "#/4/context/extensions",
        "#/5/timestamp",
        "#/6/result/success",
    ]
    assert all(verb in errors["#/1/verb/id"] for verb in (VIEWED, COMPLETED, PASSED))
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (400, "#/1/id")
    assert await rows(stage, "SELECT views + completions FROM course") == [(0,)]
    assert await rows(stage, "SELECT * FROM xapi_statement") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": {"name": "Nobody"}},
        {"actor": {"mbox": MAIL, "mbox_sha1sum": "a" * 40}},
        {"actor": {"objectType": "Group", "mbox": MAIL}},
        {"object": {"objectType": "StatementRef", "id": LINK}},
        {"id": "17"},
        {"timestamp": "2026-04-07T09:30:00"},
        {"verb": "completed"},
    ],
)
async def test_what_is_no_statement_of_this_kind_is_refused(stage: Stage, changes: dict[str, Any]) -> None:
    async with stage.machine("engagement") as client:
        answer = await send(client, statement(**changes))
    assert answer.status_code == 422
    assert next(iter(changes)) in answer.json()["errors"][0]["pointer"]


async def test_a_request_names_a_version_of_xapi_that_is_understood(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    seen = {}
    async with stage.machine("engagement") as client:
        await create_course(client)
        for version in (None, "0.95", "1.1.0", "1.0", "1.0.1", "2.0.0"):
            headers = {} if version is None else {"X-Experience-API-Version": version}
            answer = await client.post("/xapi/statements", json=statement(VIEWED), headers=headers)
            seen[version] = (answer.status_code, answer.headers.get("x-experience-api-version"))
    refused = (400, None)
    assert seen == {
        None: refused,
        "0.95": refused,
        "1.1.0": refused,
        "1.0": (200, "1.0.3"),
        "1.0.1": (200, "1.0.3"),
        "2.0.0": (200, "2.0.0"),
    }


async def test_a_course_is_named_by_a_link_or_by_its_code_and_never_by_what_two_have_in_common(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    shared = "https://learning.example/both"
    async with stage.machine("engagement") as client:
        await create_course(client, links=[LINK, shared])
        await create_course(client, code="CRS 2", links=[shared])
        seen = [
            (await send(client, statement(VIEWED, object={"id": name}))).status_code
            for name in (LINK, "urn:bellwether:course:CRS-14001", shared, f"{LINK}/", "urn:bellwether:course:CRS")
        ]
    assert seen == [200, 200, 422, 422, 422]


async def test_the_supplier_is_named_by_the_extension_else_by_the_accounts_name_and_a_view_needs_none(
    stage: Stage,
) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    account = {"account": {"homePage": "https://learning.example", "name": "S2/p-17"}}
    async with stage.machine("engagement") as client:
        await create_course(client)
        for body in (
            statement(VIEWED, actor=account),
            statement(VIEWED, actor=account, context={}),
            statement(VIEWED, context={}),
        ):
            assert (await send(client, body)).status_code == 200
    found = await rows(stage, "SELECT supplier_id::text FROM xapi_statement ORDER BY stored_at")
    assert found == [(one,), (two,), (None,)]


@pytest.mark.parametrize("named", ["S" * 65, "S\u0000", "\ud800", 17, {"code": "S1"}])
async def test_what_cannot_be_a_suppliers_code_is_refused_and_the_registry_not_asked(stage: Stage, named: Any) -> None:
    async with stage.machine("engagement") as client:
        await create_course(client)
        content = json.dumps(statement(VIEWED, context={"extensions": {SUPPLIER: named}}))
        headers = {**VERSION, "Content-Type": "application/json"}
        answer = await client.post("/xapi/statements", content=content, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/context/extensions")


async def test_a_statement_without_id_and_time_gets_an_id_and_counts_today(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    bare = {name: value for name, value in statement(VIEWED).items() if name not in ("id", "timestamp")}
    async with stage.machine("engagement") as client:
        await create_course(client)
        before = datetime.now(UTC).date()
        (made,) = (await send(client, bare)).json()
        (again,) = (await send(client, bare)).json()
    assert made != again
    days = {day for (day,) in await rows(stage, 'SELECT "on" FROM course_view')}
    assert days <= {before, datetime.now(UTC).date()}


async def test_nothing_kept_or_told_names_the_person(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    hashed = hashlib.sha1(MAIL.encode()).hexdigest()  # xAPI's own way
    sent = [
        statement(timestamp="2026-04-07T09:30:00Z"),
        statement(timestamp="2026-04-08T09:30:00Z", actor={"mbox_sha1sum": hashed}),
        statement(
            timestamp="2026-04-09T09:30:00Z", actor={"account": {"homePage": "https://l.example", "name": "p-8"}}
        ),
    ]
    async with stage.machine("engagement") as client:
        await create_course(client)
        assert (await send(client, sent)).status_code == 200
        refs = [ref for (ref,) in await rows(stage, 'SELECT person_ref FROM course_completion ORDER BY "on"')]
        feed = (await client.get("/v1/feed")).text
        log = (await client.get("/v1/audit-log")).text
    # By mail or by its hash, it is the same person; by an account, nobody knows.
    assert refs[0] == refs[1] != refs[2]
    kept = str(await rows(stage, "SELECT x::text FROM xapi_statement x UNION SELECT c::text FROM course_completion c"))
    for text in (feed, log, kept):
        assert all(name not in text for name in ("lin.mei", "Lin Mei", hashed, "p-8"))
    assert all(ref not in feed + log for ref in refs)


async def test_who_guesses_the_person_cannot_prove_it_by_the_digest_of_the_statement(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    one = statement()
    async with stage.machine("engagement") as client:
        await create_course(client)
        await send(client, one)
    said = {name: value for name, value in one.items() if name != "id"}
    guessed = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    ((kept,),) = await rows(stage, "SELECT digest FROM xapi_statement")
    assert kept != guessed


async def test_only_writers_may_tell_and_no_supplier(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement", "engagement:read") as reader:
        read_only = await send(reader, statement())
    async with stage.machine("engagement", "engagement:write", supplier_id=supplier_id) as bound:
        of_supplier = await send(bound, statement())
    assert (read_only.status_code, of_supplier.status_code) == (403, 404)


async def test_a_batch_has_at_most_500_statements(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    many = [statement(VIEWED, actor={"mbox": f"mailto:p{n}@s1.example"}, context={}) for n in range(501)]
    async with stage.machine("engagement") as client:
        await create_course(client)
        most = await send(client, many[:500])
        more = await send(client, many)
        none = await send(client, [])
    assert (most.status_code, len(most.json()), more.status_code, none.status_code) == (200, 500, 422, 422)
    assert await rows(stage, "SELECT views FROM course") == [(500,)]


async def test_statements_wait_for_a_registry_that_knows_the_supplier(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        await create_course(client)
        registry = stage.transport.applications.pop("registry")
        away = await send(client, statement())
        stage.transport.applications["registry"] = registry
        back = await send(client, statement())
    assert (away.status_code, back.status_code) == (503, 200)
    assert await rows(stage, "SELECT completions FROM course") == [(1,)]
