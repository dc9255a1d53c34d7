"""What comes in from the ERP: versions where they are sent, and shares that have to fit together."""

import pytest

from tests.stage import Stage

UPSERTS = {
    "/v1/performance/2026Q3/S1": {"quality": 90.0},
    "/v1/commodities/C1": {"description": "Casings"},
    "/v1/sourcing/2026Q3/C1": {"lines": [{"supplier_code": "S1", "baseline_share": 1}]},
    "/v1/country-risks/TW/2024": {"source": "WGI", "mean_percentile_rank": 80.0},
}
HEADER = "quarter,commodity,supplier_code,baseline_share\n"


@pytest.mark.parametrize("path", UPSERTS)
async def test_an_upsert_holds_to_a_version_where_one_is_sent(stage: Stage, path: str) -> None:
    async with stage.machine("scoring") as client:
        of_nothing = await client.put(path, json=UPSERTS[path], headers={"If-Match": '"1"'})
        first = await client.put(path, json=UPSERTS[path])
        stale = await client.put(path, json=UPSERTS[path], headers={"If-Match": '"999"'})
        current = await client.put(path, json=UPSERTS[path], headers={"If-Match": first.headers["etag"]})
    assert (of_nothing.status_code, stale.status_code, current.status_code) == (412, 412, 200)
    assert first.status_code in (200, 201)


async def test_shares_of_a_file_that_do_not_sum_to_1_are_reported_and_kept(stage: Stage) -> None:
    text = f"{HEADER}2026Q3,C1,S1,0.2\n2026Q3,C2,S1,0.4\n2026Q3,C2,S2,0.6\n"
    run = await stage.import_file("scoring", "sourcing", text)
    assert (run["status"], run["succeeded"], run["failed"]) == ("partially_succeeded", 2, 1)
    (error,) = run["errors"]
    assert (error["line"], error["column"]) == (2, "baseline_share")
    assert error["message"].startswith("The baseline shares sum to 0.2, not to 1.")
    again = await stage.import_file("scoring", "sourcing", f"{HEADER}2026Q3,C1,S2,0.8\n")
    assert (again["status"], again["errors"]) == ("succeeded", [])


async def test_a_dry_run_reports_the_same_sums_and_keeps_nothing(stage: Stage) -> None:
    run = await stage.import_file("scoring", "sourcing", f"{HEADER}2026Q3,C1,S1,0.2\n", dry_run=True)
    assert (run["status"], [error["line"] for error in run["errors"]]) == ("failed", [2])
    async with stage.machine("scoring") as client:
        assert (await client.get("/v1/sourcing/2026Q3")).json()["items"] == []


@pytest.mark.parametrize("quarter", ["0001Q1", "9999Q4", "2026Q5", "2026-3"])
async def test_a_quarter_out_of_any_programme_is_refused(stage: Stage, quarter: str) -> None:
    async with stage.machine("scoring") as client:
        assert (await client.post("/v1/qbrs", json={"quarter": quarter})).status_code == 422
