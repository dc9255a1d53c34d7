"""Imports: what a file changes, what it leaves alone, and what becomes of one that is interrupted."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import tasks as registry_tasks
from services.registry.service.imports import KINDS, apply_suppliers
from shared.imports import ImportKind, Row, RowError
from shared.imports.running import TASK_KIND, run_import
from shared.tasks import Lease
from shared.tasks.leasing import MOST_ATTEMPTS, run_due
from tests.stage import Stage

FILE = "code,name,country,status,duns\nS1,One,TW,active,123456789\nS2,Two,VN,active,\n"


async def events(stage: Stage) -> int:
    return int((await stage.psql("registry", "SELECT count(*) FROM feed_event"))[0]["count"])


async def suppliers(stage: Stage) -> dict[str, dict[str, Any]]:
    async with stage.machine("registry") as client:
        items = (await client.get("/v1/suppliers", params={"limit": 200})).json()["items"]
    return {item["code"]: item for item in items}


async def test_the_same_file_again_changes_nothing_and_tells_nothing(stage: Stage) -> None:
    await stage.import_file("registry", "suppliers", FILE)
    before = await events(stage)
    run = await stage.import_file("registry", "suppliers", FILE)
    assert (run["status"], run["succeeded"], run["unchanged"]) == ("succeeded", 2, 2)
    assert await events(stage) == before


async def test_tonights_old_export_undoes_nothing_that_was_changed_since(stage: Stage) -> None:
    await stage.import_file("registry", "suppliers", FILE)
    one = (await suppliers(stage))["S1"]
    async with stage.machine("registry") as client:
        await client.patch(
            f"/v1/suppliers/{one['id']}", json={"status": "suspended", "name": "Uno"}, headers={"If-Match": '"1"'}
        )
    assert (await stage.import_file("registry", "suppliers", FILE))["unchanged"] == 2
    run = await stage.import_file("registry", "suppliers", FILE.replace("S1,One,TW", "S1,One,MY"))
    assert (run["succeeded"], run["unchanged"]) == (2, 1)
    now = (await suppliers(stage))["S1"]
    assert (now["name"], now["status"], now["country"]) == ("Uno", "suspended", "MY")
    assert now["identifiers"] == one["identifiers"]


async def test_a_blank_where_there_was_a_value_takes_the_value_away(stage: Stage) -> None:
    await stage.import_file("registry", "suppliers", FILE)
    await stage.import_file("registry", "suppliers", FILE.replace("TW,active,123456789", ",active,"))
    now = (await suppliers(stage))["S1"]
    assert (now["country"], now["identifiers"], now["name"]) == (None, [], "One")


async def test_one_key_twice_in_a_file_ends_as_the_last_line_says(stage: Stage) -> None:
    run = await stage.import_file("registry", "suppliers", "code,name\nS1,One\nS1,Uno\nS1,Uno\n")
    assert (run["succeeded"], run["unchanged"]) == (3, 1)
    assert (await suppliers(stage))["S1"]["name"] == "Uno"


async def test_a_dry_run_keeps_nothing_and_reports_the_same_errors(stage: Stage) -> None:
    data = FILE + "S3,Three,TW,active,123456789\nS4,Four,Malaysia,active,\n"
    rehearsed = await stage.import_file("registry", "suppliers", data, dry_run=True)
    assert (await events(stage), await suppliers(stage)) == (0, {})
    run = await stage.import_file("registry", "suppliers", data)
    same = ("status", "total", "succeeded", "unchanged", "failed", "errors")
    assert {name: rehearsed[name] for name in same} == {name: run[name] for name in same}
    assert (run["succeeded"], run["failed"]) == (2, 2)


async def test_a_repeated_post_of_a_file_with_its_key_is_one_import(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": "tonight"}
        first = await client.post("/v1/imports/suppliers", content=FILE, headers=headers)
        second = await client.post("/v1/imports/suppliers", content=FILE, headers=headers)
        other = await client.post("/v1/imports/suppliers", content=FILE + "S3,Three,,,\n", headers=headers)
        runs = (await client.get("/v1/imports")).json()["items"]
    assert (first.status_code, second.status_code, other.status_code) == (202, 202, 422)
    assert second.content == first.content
    for name in ("location", "retry-after"):
        assert second.headers[name] == first.headers[name]
    assert len(runs) == 1
    assert len(await stage.psql("registry", "SELECT 1 FROM task")) == 1
    assert len(await stage.psql("registry", "SELECT 1 FROM import_chunk")) == 1


async def test_two_files_of_one_kind_at_once_both_come_in_whole(stage: Stage) -> None:
    def data(name: str) -> str:
        return "code,name\n" + "".join(f"S{n},{name} {n}\n" for n in range(2500))

    resources = stage.resources("registry")
    handlers = registry_tasks.handlers(resources)
    async with stage.machine("registry") as client:
        for name in ("One", "Two"):
            await client.post("/v1/imports/suppliers", content=data(name), headers={"Content-Type": "text/csv"})
    await asyncio.gather(run_due(resources.database, handlers), run_due(resources.database, handlers))
    rows = await stage.psql("registry", "SELECT status, succeeded, failed FROM import_run")
    assert [tuple(row) for row in rows] == [("succeeded", 2500, 0)] * 2
    counted = await stage.psql("registry", "SELECT count(*), count(DISTINCT code) AS codes FROM supplier")
    assert tuple(counted[0]) == (2500, 2500)


async def run_registry_imports(stage: Stage, apply: Any) -> None:
    """Do the registry's imports, with suppliers applied by `apply`."""
    resources = stage.resources("registry")
    kinds = {"suppliers": ImportKind("suppliers", KINDS[0].row, KINDS[0].key, KINDS[0].scope, apply)}

    async def handle(lease: Lease) -> None:
        await run_import(resources, kinds, lease)

    await run_due(resources.database, {TASK_KIND: handle})


async def test_an_import_that_is_killed_goes_on_where_it_stopped(stage: Stage) -> None:
    data = "code,name,country\n" + "".join(f"S{n},N,{'Taiwan' if n % 100 == 7 else 'TW'}\n" for n in range(5000))
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/imports/suppliers", content=data, headers={"Content-Type": "text/csv"})
    third_batch = asyncio.Event()
    batches = 0

    async def stop_in_the_third(session: AsyncSession, actor: Any, rows: Sequence[Row[Any]]) -> Sequence[RowError]:
        nonlocal batches
        batches += 1
        errors = await apply_suppliers(session, actor, rows)
        if batches == 3:
            third_batch.set()
            await asyncio.Event().wait()
        return errors

    working = asyncio.create_task(run_registry_imports(stage, stop_in_the_third))
    await third_batch.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    async with stage.machine("registry") as client:
        halfway = (await client.get(answer.headers["location"])).json()
        assert (halfway["status"], halfway["succeeded"], halfway["failed"]) == ("running", 1980, 20)
        await stage.run_tasks("registry")
        run = (await client.get(answer.headers["location"])).json()
        refused = (await client.get(f"{answer.headers['location']}/errors", params={"limit": 200})).json()["items"]
    assert (run["status"], run["total"], run["succeeded"], run["failed"]) == ("partially_succeeded", 5000, 4950, 50)
    assert [error["line"] for error in refused] == [n + 2 for n in range(5000) if n % 100 == 7]
    counted = await stage.psql(
        "registry", "SELECT (SELECT count(*) FROM supplier), (SELECT count(*) FROM feed_event) AS events"
    )
    assert tuple(counted[0]) == (4950, 4950)


class Died(BaseException):
    """Of a worker, on the spot: it notes nothing."""


async def test_an_import_goes_on_however_many_workers_die_over_it_as_long_as_each_takes_a_step(stage: Stage) -> None:
    steps = MOST_ATTEMPTS + 3
    data = "code,name\n" + "".join(f"S1,Name {n}\n" for n in range(steps))  # a key that comes again begins a batch
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/imports/suppliers", content=data, headers={"Content-Type": "text/csv"})
        taken = 0

        async def die_in_the_second(session: AsyncSession, actor: Any, rows: Sequence[Row[Any]]) -> Sequence[RowError]:
            nonlocal taken
            taken += 1
            if taken > 1:
                raise Died
            return await apply_suppliers(session, actor, rows)

        for _ in range(steps - 1):
            taken = 0
            with pytest.raises(Died):
                await run_registry_imports(stage, die_in_the_second)
            await stage.psql("registry", "UPDATE task SET locked_until = now() - interval '1 second'")
        await stage.run_tasks("registry")
        run = (await client.get(answer.headers["location"])).json()
    assert (run["status"], run["succeeded"], run["error"]) == ("succeeded", steps, None)
    assert (await suppliers(stage))["S1"]["name"] == f"Name {steps - 1}"


async def test_a_row_that_the_database_refuses_costs_no_other_row(stage: Stage) -> None:
    await stage.import_file("registry", "suppliers", FILE)

    async def refuse_one(session: AsyncSession, actor: Any, rows: Sequence[Row[Any]]) -> Sequence[RowError]:
        errors = await apply_suppliers(session, actor, rows)
        if any(row.data.name == "bad" for row in rows):
            await session.execute(text("SELECT 1 / 0"))
        return errors

    data = FILE.replace("One", "Uno") + "S3,bad,TW,active,\nS4,Four,TW,active,\n"
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/imports/suppliers", content=data, headers={"Content-Type": "text/csv"})
        await run_registry_imports(stage, refuse_one)
        refused = (await client.get(f"{answer.headers['location']}/errors")).json()["items"]
    assert refused == [{"line": 4, "column": "", "message": "This row cannot be stored beside what is there."}]
    now = await suppliers(stage)
    assert {code: item["name"] for code, item in now.items()} == {"S1": "Uno", "S2": "Two", "S4": "Four"}
    assert (now["S1"]["version"], len(now["S1"]["identifiers"])) == (2, 1)
