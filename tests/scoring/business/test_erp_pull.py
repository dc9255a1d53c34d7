"""The ERP script in `examples/` against the real API, killed again and again while approvals go on."""

import asyncio
import json
import os
import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from tests.scoring.business.quarter_end import Q, QuarterEnd
from tests.scoring.business.test_quota_arrangements import approved as approved_example
from tests.scoring.business.test_quota_arrangements import mapped

SCRIPT = Path(__file__).parents[3] / "examples" / "pull_allocations.py"
COMMODITIES, KILLS = 60, 32
DEALS = [{"supplier_code": "S1", "share": 0.6}, {"supplier_code": "S2", "share": 0.4}]


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """An application of the stage on a real port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None, ws="none"))
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn sets a flag
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def erp(quarter_end: QuarterEnd, folder: Path) -> AsyncIterator[Mapping[str, str]]:
    """What the script finds in its environment: both services over HTTP, and a client of its own."""
    stage = quarter_end.stage
    async with served(stage.apps["registry"]) as registry, served(stage.apps["scoring"]) as scoring:
        async with stage.machine("registry") as client:
            made = await client.post("/v1/clients", json={"name": "ERP", "scopes": ["scoring:read"]})
            assert made.status_code == 201, made.text
        await stage.settle()  # else the allocation would wait for that piece of news
        credentials = {name: made.json()[name] for name in ("client_id", "client_secret")}
        file = folder / "client.json"
        file.write_text(json.dumps({"token_url": f"{registry}/oauth2/token", **credentials}), "utf-8")
        yield {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "SCORING_URL": scoring,
            "CLIENT_FILE": str(file),
            "ERP_DATABASE": str(folder / "erp.sqlite3"),
            "POLL_SECONDS": "0.02",
            "PAGE_SIZE": "2",
        }


async def start(environment: Mapping[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), *arguments, env=dict(environment), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def until_it_has_taken_something_in(process: asyncio.subprocess.Process) -> None:
    """Its first line, or a while in which there was nothing new."""
    assert process.stdout is not None
    with suppress(TimeoutError):
        await asyncio.wait_for(process.stdout.readline(), 2)


async def finish(environment: Mapping[str, str]) -> None:
    """Let it run to the end of what there is; it must not complain."""
    process = await start(environment, "--once")
    _, complaints = await process.communicate()
    assert (process.returncode, complaints) == (0, b"")


def spoil_secret(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "client_secret": "wrong"}), "utf-8")


def rows(environment: Mapping[str, str], query: str) -> list[Any]:
    with closing(sqlite3.connect(environment["ERP_DATABASE"])) as database:
        return database.execute(query).fetchall()


def positions(environment: Mapping[str, str]) -> set[int]:
    """How far it has come; it may have been killed before it had any table."""
    if not rows(environment, "SELECT name FROM sqlite_master WHERE name = 'position'"):
        return set()
    return {after for (after,) in rows(environment, "SELECT after FROM position")}


async def approve_and_change_minds(quarter_end: QuarterEnd, pause: float) -> None:
    """Everything is approved or overridden one by one; then proposed anew, and a third of it decided on once more."""
    for every in (1, 3):
        assert (await quarter_end.allocate())["proposed"] == COMMODITIES
        page = await quarter_end.get("/v1/allocations", quarter=Q, status="proposed", limit=200)
        for n, proposal in enumerate(page["items"][::every]):
            path = f"/v1/allocations/{proposal['id']}"
            if n % 4:
                answer = await quarter_end.post(f"{path}/approve", by="ben", version=proposal["version"])
            else:
                override = {"reason": "as agreed", "lines": DEALS}
                answer = await quarter_end.post(f"{path}/override", override, by="ben", version=proposal["version"])
            assert answer.json()["status"] == ("approved" if n % 4 else "overridden"), answer.text
            await asyncio.sleep(pause)


async def sourced(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88, S2=74)
    lines = "".join(f"{Q},C{n:03d},S1,0.6\n{Q},C{n:03d},S2,0.4\n" for n in range(COMMODITIES))
    taken = await quarter_end.stage.import_file(
        "scoring", "sourcing", f"quarter,commodity,supplier_code,baseline_share\n{lines}"
    )
    assert taken["status"] == "succeeded", taken
    await quarter_end.publish()


async def approved(quarter_end: QuarterEnd) -> dict[tuple[str, str], tuple[str, int, dict[str, float]]]:
    page = await quarter_end.get("/v1/allocations", status="approved", limit=200)
    return {
        (item["qbr_quarter"], item["commodity"]): (
            item["id"],
            item["version"],
            {line["supplier_code"]: line["share"] for line in item["lines"]},
        )
        for item in page["items"]
    }


def held(environment: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, int, dict[str, float]]]:
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for quarter, commodity, supplier_code, share in rows(environment, "SELECT * FROM share"):
        shares.setdefault((quarter, commodity), {})[supplier_code] = share
    return {
        (quarter, commodity): (key, version, shares[quarter, commodity])
        for quarter, commodity, key, version in rows(
            environment, "SELECT quarter, commodity, id, version FROM allocation"
        )
    }


async def test_an_erp_that_is_killed_anywhere_misses_nothing_and_takes_nothing_twice(
    quarter_end: QuarterEnd, tmp_path: Path
) -> None:
    await sourced(quarter_end)
    dice = random.Random(20260930)
    async with erp(quarter_end, tmp_path) as environment:
        deciding = asyncio.create_task(approve_and_change_minds(quarter_end, pause=0.1))
        reached = set()
        kills = 0
        while kills < KILLS or not deciding.done():
            process = await start(environment)
            if kills % 4:
                await until_it_has_taken_something_in(process)
            await asyncio.sleep(dice.uniform(0, 0.1 if kills % 4 else 0.6))
            process.kill()
            _, complaints = await process.communicate()
            assert (process.returncode, complaints) == (-9, b"")
            kills += 1
            reached |= positions(environment)
        await deciding
        await finish(environment)
        assert held(environment) == await approved(quarter_end)
        assert len(held(environment)) == COMMODITIES
        # it really was killed on its way, and not before it began or after all was said
        assert len(reached) >= 5
        # each decision that was ever seen is there once: the script itself would have died of a second one
        ever = {(key, version) for key, version, _ in (await approved(quarter_end)).values()}
        assert ever <= set(rows(environment, "SELECT id, version FROM received"))


async def test_an_erp_whose_source_was_restored_begins_anew_and_asks_for_nothing_twice_otherwise(
    quarter_end: QuarterEnd, tmp_path: Path
) -> None:
    await sourced(quarter_end)
    async with erp(quarter_end, tmp_path) as environment:
        await approve_and_change_minds(quarter_end, pause=0)
        await finish(environment)
        before = held(environment)
        (position,) = rows(environment, "SELECT after, epoch, etag FROM position")
        await finish(environment)
        assert rows(environment, "SELECT after, epoch, etag FROM position") == [position]
        assert position[2] is not None
        await quarter_end.stage.psql("scoring", "UPDATE feed_state SET epoch = gen_random_uuid()")
        await finish(environment)
        (again,) = rows(environment, "SELECT after, epoch, etag FROM position")
        assert (held(environment), again[0]) == (before, position[0])
        assert again[1] != position[1]


async def test_an_erp_that_wants_saps_fields_keeps_them_and_goes_no_further_while_a_vendor_number_lacks(
    quarter_end: QuarterEnd, tmp_path: Path
) -> None:
    async with erp(quarter_end, tmp_path) as environment:
        allocation = await approved_example(quarter_end)
        wants_sap = {**environment, "SAP_SYSTEM": "SAP-P10"}
        stopped = await start(wants_sap, "--once")
        _, complaints = await stopped.communicate()
        assert (stopped.returncode, rows(environment, "SELECT after FROM position")) == (1, [(0,)])
        assert b"commodity PCB: has no material in any ERP" in complaints
        await mapped(quarter_end)
        await finish(wants_sap)
        kept = [(plant, json.loads(text)) for plant, text in rows(environment, "SELECT plant, arrangement FROM quota")]
        assert [plant for plant, _ in kept] == ["TW01", "VN01"]  # those of SAP-P20 are another ERP's
        assert {arrangement["allocation_id"] for _, arrangement in kept} == {allocation["id"]}
        for _, arrangement in kept:
            assert sum(item["purchasingSourceQuota"] for item in arrangement["toPurgQuotaArrangementItem"]) == 100


async def test_an_erp_waits_for_a_service_that_is_away_and_gives_up_on_a_secret_that_is_wrong(
    quarter_end: QuarterEnd, tmp_path: Path
) -> None:
    async with erp(quarter_end, tmp_path) as environment:
        away = await start({**environment, "SCORING_URL": "http://127.0.0.1:9"})
        assert away.stderr is not None
        assert b"Waiting" in await away.stderr.readline()
        away.kill()
        await away.communicate()
        spoil_secret(Path(environment["CLIENT_FILE"]))
        refused = await start(environment, "--once")
        _, complaints = await refused.communicate()
        assert refused.returncode == 1
        assert b"401" in complaints
