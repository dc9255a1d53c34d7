"""Allocations that are only tried."""

from typing import Any

import httpx
import pytest

from tests.scoring.business.quarter_end import Q, QuarterEnd

LINES = {
    "S1": {"baseline_share": 0.40, "capacity_share": 0.60},
    "S2": {"baseline_share": 0.30, "capacity_share": 0.50},
    "S3": {"baseline_share": 0.20, "capacity_share": 0.40, "min_share": 0.05},
    "S4": {"baseline_share": 0.10, "capacity_share": 0.18},
}
AS_IT_IS = [0.482258, 0.287413, 0.102397, 0.127932]


@pytest.fixture
async def example(quarter_end: QuarterEnd) -> QuarterEnd:
    """The worked example, reviewed."""
    await quarter_end.rate(S1=88, S2=74, S3=48, S4=92)
    await quarter_end.source("PCB", LINES)
    await quarter_end.publish()
    return quarter_end


async def ask(quarter_end: QuarterEnd, *changes: dict[str, Any]) -> httpx.Response:
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        return await client.post("/v1/allocations/what-if", json={"qbr_quarter": Q, "changes": list(changes)})


async def tried(quarter_end: QuarterEnd, commodity: str = "PCB", **change: Any) -> dict[str, Any]:
    answer = await ask(quarter_end, {"commodity": commodity, **change})
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    found: dict[str, Any] = item
    return found


def shares(advice: dict[str, Any]) -> list[float | None]:
    return [line["recommended_share"] for line in advice["lines"]]


async def test_the_changed_result_stands_beside_the_present_one_and_nothing_is_stored(example: QuarterEnd) -> None:
    count = "SELECT (SELECT count(*) FROM feed_event) + (SELECT count(*) FROM audit_log) AS n"
    before = await example.stage.psql("scoring", count)
    item = await tried(example, lines=[{"supplier_code": "S1", "capacity_share": 0.45}])
    assert shares(item["present"]) == AS_IT_IS
    assert shares(item["changed"])[0] == 0.45
    assert sum(share or 0 for share in shares(item["changed"])) == pytest.approx(1, abs=1e-9)
    assert [each["bound"] for each in item["changed"]["binding"] if each["supplier_code"] == "S1"] == ["capacity"]
    differences = [move["difference"] for move in item["moves"]]
    assert differences[0] == pytest.approx(-0.032258)
    assert item["moved_share"] == pytest.approx(sum(abs(each) for each in differences) / 2)
    for line in item["changed"]["lines"]:
        assert sum(line["effects"].values()) == pytest.approx(line["delta"], abs=1e-9)
    assert await example.stage.psql("scoring", count) == before
    assert (await example.get("/v1/allocations"))["items"] == []


async def test_what_would_be_allocated_is_what_is_allocated_once_it_is_so(example: QuarterEnd) -> None:
    lines = [{"supplier_code": "S2", "blocked": True}, {"supplier_code": "S4", "max_share": 0.2}]
    item = await tried(example, largest_share=0.45, lines=lines)
    changed = {**LINES, "S2": {**LINES["S2"], "blocked": True}, "S4": {**LINES["S4"], "max_share": 0.2}}
    await example.put("/v1/commodities/PCB", {"description": "Boards", "largest_share": 0.45})
    await example.source("PCB", changed)
    await example.allocate()
    allocation = await example.proposed("PCB")
    for name in ("lines", "limits", "binding", "relaxed", "lambda", "infeasible", "unallocated_share"):
        assert allocation[name] == item["changed"][name]


async def test_the_grade_follows_a_changed_total_or_tier_unless_it_is_given(example: QuarterEnd) -> None:
    async def line(**change: Any) -> tuple[float | None, str]:
        item = await tried(example, lines=[{"supplier_code": "S1", **change}])
        found = item["changed"]["lines"][0]
        return found["qbr_total"], found["grade"]

    assert await line(qbr_total=60) == (60, "C")
    assert await line(qbr_total=60, grade="A") == (60, "A")
    assert await line(risk_tier="high") == (88, "C")
    assert await line(risk_tier="high", basis="assumed") == (88, "B")
    assert await line(priority_missed=True) == (88, "D")
    assert await line(qbr_total=None) == (None, "not_rated")
    assert await line(grade="D") == (88, "D")


async def test_several_commodities_are_tried_at_once_in_their_order(example: QuarterEnd) -> None:
    await example.source("BAT", {"S1": 0.5, "S2": 0.5})
    answer = await ask(
        example,
        {"commodity": "PCB", "least_sources": 5},
        {"commodity": "BAT", "lines": [{"supplier_code": "S1", "blocked": True}]},
    )
    first, second = answer.json()["items"]
    assert (first["commodity"], second["commodity"]) == ("PCB", "BAT")
    assert [each["limit"] for each in first["changed"]["limits"]["not_kept"]] == ["least_sources"]
    assert (first["moved_share"], shares(second["changed"])) == (0, [0, 1])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"commodity": "XXX"}, "#/changes/0/commodity"),
        ({"commodity": "PCB", "lines": [{"supplier_code": "S9"}]}, "#/changes/0/lines/0/supplier_code"),
        (
            {"commodity": "PCB", "lines": [{"supplier_code": "S1"}, {"supplier_code": "S1"}]},
            "#/changes/0/lines/1/supplier_code",
        ),
        (
            {"commodity": "PCB", "lines": [{"supplier_code": "S2"}, {"supplier_code": "S1", "min_share": 0.7}]},
            "#/changes/0/lines/1/min_share",
        ),
        ({"commodity": "PCB", "lines": [{"supplier_code": "S1", "qbr_total": 101}]}, "#/changes/0/lines/0/qbr_total"),
        ({"commodity": "PCB", "lines": [{"supplier_code": "S1", "speed": 1}]}, "#/changes/0/lines/0/speed"),
        ({"commodity": "PCB", "largest_share": 0}, "#/changes/0/largest_share"),
    ],
)
async def test_a_wrong_change_is_named(example: QuarterEnd, change: dict[str, Any], pointer: str) -> None:
    answer = await ask(example, change)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_a_commodity_is_tried_once(example: QuarterEnd) -> None:
    answer = await ask(example, {"commodity": "PCB"}, {"commodity": "PCB"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/changes/1/commodity")


async def test_sourcing_that_is_wrong_already_is_named(example: QuarterEnd) -> None:
    file = f"quarter,commodity,supplier_code,baseline_share\n{Q},BAD,S1,0.6\n{Q},BAD,S2,0.3\n"
    await example.stage.import_file("scoring", "sourcing", file)
    answer = await ask(example, {"commodity": "BAD", "lines": [{"supplier_code": "S1", "blocked": True}]})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "#/changes/0/commodity")
    assert "sum to 0.9" in error["detail"]


async def test_trying_needs_a_published_review_and_no_suppliers_client(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88)
    await quarter_end.source("PCB", {"S1": 1})
    assert (await ask(quarter_end, {"commodity": "PCB"})).status_code == 409
    async with quarter_end.stage.machine("scoring", "scoring:read", supplier_id=quarter_end.ids["S1"]) as client:
        body = {"qbr_quarter": Q, "changes": [{"commodity": "PCB"}]}
        assert (await client.post("/v1/allocations/what-if", json=body)).status_code == 404
