"""Performance, commodities and sourcing: single rows over HTTP, and files."""

from typing import Any

import pytest

from tests.scoring.business.quarter_end import Q, QuarterEnd
from tests.stage import Stage

MATERIAL = {"system": "SAP-P10", "material": "0000012345", "plant": "TW01", "base_unit": "PC"}


async def test_performance_is_kept_by_quarter_and_code_and_an_equal_body_changes_nothing(stage: Stage) -> None:
    path = f"/v1/performance/{Q}/S1"
    async with stage.machine("scoring", "scoring:read", "scoring:write") as client:
        created = await client.put(path, json={"quality": 92.5, "delivery": 88})
        again = await client.put(path, json={"quality": 92.5, "delivery": 88.0})
        changed = await client.put(path, json={"quality": 92.5})
        read = await client.get(path)
        listed = (await client.get("/v1/performance", params={"quarter": Q})).json()["items"]
    assert (created.status_code, again.status_code, changed.status_code) == (201, 200, 200)
    assert again.json() == created.json()
    assert (created.json()["cost"], changed.json()["delivery"]) == (None, None)
    assert (read.json(), read.headers["etag"]) == (changed.json(), '"2"')
    assert listed == [read.json()]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (f"/v1/performance/{Q}/S1", {"quality": 100.1}, "#/quality"),
        (f"/v1/performance/{Q}/S1", {"quality": -1}, "#/quality"),
        (f"/v1/performance/{Q}/S1", {"speed": 1}, "#/speed"),
        ("/v1/performance/2026Q5/S1", {"quality": 1}, "path: quarter"),
        (f"/v1/sourcing/{Q}/PCB", {"lines": []}, "#/lines"),
        (f"/v1/sourcing/{Q}/PCB", {"lines": [{"supplier_code": "S1", "baseline_share": 0.998}]}, "#/lines"),
        (
            f"/v1/sourcing/{Q}/PCB",
            {"lines": [{"supplier_code": "S1", "baseline_share": -1}]},
            "#/lines/0/baseline_share",
        ),
        (
            f"/v1/sourcing/{Q}/PCB",
            {"lines": [{"supplier_code": "S1", "baseline_share": 1, "min_share": 0.5, "max_share": 0.4}]},
            "#/lines/0",
        ),
        ("/v1/commodities/PCB", {"description": ""}, "#/description"),
        ("/v1/commodities/PCB", {"description": "Boards", "materials": [MATERIAL, MATERIAL]}, "#/materials/1"),
    ],
)
async def test_a_wrong_figure_is_named(stage: Stage, path: str, body: dict[str, Any], pointer: str) -> None:
    async with stage.machine("scoring") as client:
        answer = await client.put(path, json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_commoditys_sourcing_is_replaced_as_a_whole(quarter_end: QuarterEnd) -> None:
    await quarter_end.source("PCB", {"S1": 0.6, "S2": {"baseline_share": 0.4, "blocked": True}})
    await quarter_end.source("PCB", {"S1": 0.60, "S2": {"baseline_share": 0.4, "blocked": True}})
    same = await quarter_end.get(f"/v1/sourcing/{Q}/PCB")
    await quarter_end.source("PCB", {"S3": 0.7, "S1": 0.3})
    replaced = await quarter_end.get(f"/v1/sourcing/{Q}/PCB")
    assert (same["version"], [line["blocked"] for line in same["lines"]]) == (1, [False, True])
    assert (replaced["version"], [line["supplier_code"] for line in replaced["lines"]]) == (2, ["S1", "S3"])
    assert [item["commodity"] for item in (await quarter_end.get(f"/v1/sourcing/{Q}"))["items"]] == ["PCB"]


async def test_a_material_at_a_plant_belongs_to_one_commodity(stage: Stage) -> None:
    async with stage.machine("scoring") as client:
        one = await client.put("/v1/commodities/PCB", json={"description": "Boards", "materials": [MATERIAL]})
        two = await client.put("/v1/commodities/BAT", json={"description": "Cells", "materials": [MATERIAL]})
        kept = await client.put("/v1/commodities/PCB", json={"description": "Circuit boards"})
        listed = (await client.get("/v1/commodities")).json()["items"]
    assert (one.status_code, two.status_code, kept.status_code) == (201, 409, 200)
    assert (kept.json()["materials"], kept.json()["version"]) == ([MATERIAL], 2)
    assert listed == [kept.json()]


FILES = {
    "performance": f"supplier_code,quarter,quality,cost,delivery,service\nS1,{Q},91.1,90,,88\nS2,{Q},,,70,\n",
    "commodities": "commodity,description\nPCB,Printed circuit boards\nBAT,Battery cells\n",
    "sourcing": f"quarter,commodity,supplier_code,baseline_share,capacity_share,max_share,min_share,blocked\n"
    f"{Q},PCB,S1,0.6,0.8,,0.05,\n{Q},PCB,S2,0.4,,,,true\n",
}


@pytest.mark.parametrize("kind", FILES)
async def test_a_file_taken_in_twice_changes_nothing_the_second_time(stage: Stage, kind: str) -> None:
    first = await stage.import_file("scoring", kind, FILES[kind])
    events = await stage.psql("scoring", "SELECT count(*) AS n FROM feed_event")
    second = await stage.import_file("scoring", kind, FILES[kind])
    assert (first["status"], first["succeeded"], first["unchanged"]) == ("succeeded", 2, 0)
    assert (second["status"], second["succeeded"], second["unchanged"]) == ("succeeded", 2, 2)
    assert await stage.psql("scoring", "SELECT count(*) AS n FROM feed_event") == events


async def test_what_a_file_says_is_read_back(quarter_end: QuarterEnd) -> None:
    for kind, data in FILES.items():
        await quarter_end.stage.import_file("scoring", kind, data)
    performance = await quarter_end.get(f"/v1/performance/{Q}/S1")
    assert [performance[name] for name in ("quality", "cost", "delivery", "service")] == [91.1, 90, None, 88]
    lines = (await quarter_end.get(f"/v1/sourcing/{Q}/PCB"))["lines"]
    assert [(line["capacity_share"], line["min_share"], line["blocked"]) for line in lines] == [
        (0.8, 0.05, False),
        (None, None, True),
    ]
    assert (await quarter_end.get("/v1/commodities/BAT"))["description"] == "Battery cells"


async def test_of_a_differing_row_only_what_differs_is_applied(quarter_end: QuarterEnd) -> None:
    await quarter_end.stage.import_file("scoring", "performance", FILES["performance"])
    await quarter_end.perform("S1", quality=50, cost=50)
    await quarter_end.stage.import_file("scoring", "performance", FILES["performance"].replace("91.1,90", "91.1,"))
    row = await quarter_end.get(f"/v1/performance/{Q}/S1")
    assert (row["quality"], row["cost"]) == (50, None)


async def test_bad_lines_are_named_and_good_ones_kept(quarter_end: QuarterEnd) -> None:
    bad = f"supplier_code,quarter,quality\nS1,{Q},90\nS2,2026-Q3,90\nS3,{Q},101\nS4,{Q},abc\n"
    run = await quarter_end.stage.import_file("scoring", "performance", bad)
    assert (run["status"], run["succeeded"], run["failed"]) == ("partially_succeeded", 1, 3)
    assert [(error["line"], error["column"]) for error in run["errors"]] == [
        (3, "quarter"), (4, "quality"), (5, "quality")
    ]  # fmt: skip
    contract = f"quarter,commodity,supplier_code,baseline_share,max_share,min_share\n{Q},PCB,S1,1,0.4,0.5\n"
    run = await quarter_end.stage.import_file("scoring", "sourcing", contract)
    assert (run["status"], run["errors"][0]["line"]) == ("failed", 2)
    assert "min_share is above" in run["errors"][0]["message"]
