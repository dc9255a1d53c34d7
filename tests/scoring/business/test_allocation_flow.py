"""Order allocation over HTTP: from sourcing and a published review to proposals."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from services.scoring.repository import allocation_grounds
from tests.scoring.business.quarter_end import Q, QuarterEnd
from tests.stage import Stage


async def test_the_worked_example_comes_out_as_written_to_six_decimals(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88, S2=74, S3=48, S4=92)
    await quarter_end.source(
        "PCB",
        {
            "S1": {"baseline_share": 0.40, "capacity_share": 0.60},
            "S2": {"baseline_share": 0.30, "capacity_share": 0.50},
            "S3": {"baseline_share": 0.20, "capacity_share": 0.40, "min_share": 0.05},
            "S4": {"baseline_share": 0.10, "capacity_share": 0.18},
        },
    )
    await quarter_end.publish()
    run = await quarter_end.allocate()
    assert (run["status"], run["total"], run["proposed"], run["errors"]) == ("succeeded", 1, 1, [])
    allocation = await quarter_end.proposed("PCB")
    lines = allocation["lines"]
    assert [line["recommended_share"] for line in lines] == [0.482258, 0.287413, 0.102397, 0.127932]
    assert (round(allocation["lambda"], 6), allocation["relaxed"], allocation["infeasible"]) == (0.009384, [], False)
    assert (allocation["valid_from"], allocation["valid_to"]) == ("2026-10-01", "2026-12-31")
    assert [(line["grade"], line["qbr_total"]) for line in lines] == [("A", 88), ("B", 74), ("D", 48), ("A", 92)]
    for line in lines:
        assert sum(line["effects"].values()) == pytest.approx(line["delta"], abs=1e-9)
        assert all(reason["text"] for reason in line["reasons"])
    assert lines[0]["explanation"] == (
        "40 % becomes 48.2258 %: +4.72 points by the score, +3.1304 points by the multiplier, "
        "+0.3754 points by rebalancing. No bound stopped it."
    )
    assert (allocation["binding"], allocation["policy_version"]) == ([], 1)
    assert (await quarter_end.get(f"/v1/allocations/{allocation['id']}")) == allocation


async def test_allocating_needs_a_published_review(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88)
    await quarter_end.source("PCB", {"S1": 1})
    for _ in range(2):
        answer = await quarter_end.post("/v1/allocations", {"qbr_quarter": Q})
        assert (answer.status_code, answer.json()["detail"]) == (409, f"Allocating needs a published review of {Q}.")
        await quarter_end.review()


async def test_the_validity_may_be_given_and_must_not_end_before_it_begins(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88)
    await quarter_end.source("PCB", {"S1": 1})
    await quarter_end.publish()
    given = {"qbr_quarter": Q, "valid_from": "2026-11-01", "valid_to": "2026-11-30"}
    assert (await quarter_end.post("/v1/allocations", given)).json()["valid_from"] == "2026-11-01"
    wrong = await quarter_end.post("/v1/allocations", {**given, "valid_to": "2026-10-31"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/valid_to")


async def test_a_commodity_with_wrong_sourcing_is_named_and_the_others_are_allocated(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88, S2=74)
    file = f"quarter,commodity,supplier_code,baseline_share\n{Q},BAD,S1,0.6\n{Q},BAD,S2,0.3\n{Q},FINE,S1,0.6\n"
    taken = await quarter_end.stage.import_file("scoring", "sourcing", f"{file}{Q},FINE,S2,0.4\n{Q},FINE,GHOST,0\n")
    assert (taken["succeeded"], taken["failed"]) == (4, 1), taken
    await quarter_end.publish()
    run = await quarter_end.allocate()
    assert (run["status"], run["total"], run["proposed"], run["failed"]) == ("partially_succeeded", 2, 1, 1)
    assert [(error["commodity"], error["column"]) for error in run["errors"]] == [("BAD", "baseline_share")]
    assert "sum to 0.9, not to 1" in run["errors"][0]["detail"]
    assert run["unknown_suppliers"] == ["GHOST"]
    lines = {line["supplier_code"]: line for line in (await quarter_end.proposed("FINE"))["lines"]}
    assert (lines["GHOST"]["supplier_id"], lines["GHOST"]["grade"]) == (None, "not_rated")


async def test_a_suspended_supplier_gets_nothing(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88, S2=74)
    await quarter_end.source("PCB", {"S1": 0.95, "S2": 0.05})
    await quarter_end.publish()
    await quarter_end.know("S2", status="suspended")
    await quarter_end.allocate()
    lines = (await quarter_end.proposed("PCB"))["lines"]
    assert [line["recommended_share"] for line in lines] == [1, 0]
    assert [reason["code"] for reason in lines[1]["reasons"]] == ["blocked"]


def sourcing_file(numbers: range) -> str:
    rows = "".join(f"{Q},C{n:03d},S1,0.6\n{Q},C{n:03d},S2,0.4\n" for n in numbers)
    return f"quarter,commodity,supplier_code,baseline_share\n{rows}"


@contextmanager
def statements_of(stage: Stage) -> Iterator[list[str]]:
    """What is sent to the scoring service's database within the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine = stage.resources("scoring").database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_a_run_takes_as_many_statements_for_many_commodities_as_for_few(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88, S2=74)
    await quarter_end.stage.import_file("scoring", "sourcing", sourcing_file(range(5)))
    await quarter_end.publish()
    counted = []
    for numbers in (range(5), range(60)):
        await quarter_end.stage.import_file("scoring", "sourcing", sourcing_file(numbers))
        await quarter_end.allocate()
        with statements_of(quarter_end.stage) as sent:
            run = await quarter_end.allocate()
        assert (run["proposed"], run["failed"]) == (len(numbers), 0)
        counted.append(
            len([each for each in sent if "allocation" in each or "sourcing" in each or "feed_event" in each])
        )
    assert counted[0] == counted[1]
    live = await quarter_end.get("/v1/allocations", status="proposed", limit=200)
    assert [item["commodity"] for item in live["items"]] == [f"C{n:03d}" for n in range(60)]
    assert {tuple(line["recommended_share"] for line in item["lines"]) for item in live["items"]} == {(0.64, 0.36)}


async def test_sourcing_is_read_in_stretches_that_cut_no_commodity_in_two(quarter_end: QuarterEnd) -> None:
    await quarter_end.stage.import_file("scoring", "sourcing", sourcing_file(range(7)))
    stretches, after = [], ""
    async with quarter_end.stage.resources("scoring").database.snapshot() as session:
        while found := await allocation_grounds.list_next_sourced(session, Q, after, lines_at_once=5):
            stretches.append(found)
            after = found[-1]
        alone = await allocation_grounds.list_next_sourced(session, Q, "", lines_at_once=1)
    assert stretches == [["C000", "C001"], ["C002", "C003"], ["C004", "C005"], ["C006"]]
    assert alone == ["C000"]
