"""Performance of single suppliers: what the ERP's rows become when they are changed one by one."""

import asyncio
from typing import Any

import pytest

from tests.scoring.business.quarter_end import Q, QuarterEnd

PATH = f"/v1/performance/{Q}/S1"
FIGURES = ("quality", "cost", "delivery", "service")


async def figures(quarter_end: QuarterEnd) -> list[float | None]:
    row = await quarter_end.get(PATH)
    return [row[name] for name in FIGURES]


async def test_a_patch_changes_the_figures_it_names_and_null_takes_one_away(quarter_end: QuarterEnd) -> None:
    await quarter_end.perform("S1", quality=90, cost=80, delivery=70)
    changed = await quarter_end.patch(PATH, {"quality": 0, "cost": None, "service": 100}, version=1)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert await figures(quarter_end) == [0, None, 70, 100]
    for nothing in ({}, {"quality": 0}):
        same = await quarter_end.patch(PATH, nothing, version=2)
        assert (same.status_code, same.json()) == (200, changed.json())


async def test_a_patch_needs_the_current_version_of_something_that_is_there(quarter_end: QuarterEnd) -> None:
    assert (await quarter_end.patch(PATH, {"quality": 1}, version="*")).status_code == 404
    await quarter_end.perform("S1", quality=90)
    assert (await quarter_end.patch(PATH, {"quality": 1})).status_code == 428
    assert (await quarter_end.patch(PATH, {"quality": 1}, version=2)).status_code == 412
    assert await figures(quarter_end) == [90, None, None, None]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"quality": 100.01}, "#/quality"),
        ({"cost": -0.01}, "#/cost"),
        ({"delivery": "high"}, "#/delivery"),
        ({"sustainability": 50}, "#/sustainability"),
    ],
)
async def test_a_wrong_figure_is_named_and_nothing_changed(
    quarter_end: QuarterEnd, body: dict[str, Any], pointer: str
) -> None:
    await quarter_end.perform("S1", quality=90)
    refused = await quarter_end.patch(PATH, {**body, "service": 50}, version=1)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert await figures(quarter_end) == [90, None, None, None]


async def test_a_code_with_a_slash_is_addressed_like_any_other(quarter_end: QuarterEnd) -> None:
    path = f"/v1/performance/{Q}/TW%2F0012%20A"
    async with quarter_end.stage.machine("scoring") as client:
        assert (await client.put(path, json={"quality": 90})).status_code == 201
    assert (await quarter_end.patch(path, {"quality": 80}, version=1)).status_code == 200
    row = await quarter_end.get(path)
    assert (row["supplier_code"], row["quality"]) == ("TW/0012 A", 80)


async def test_of_two_changes_of_one_version_one_counts(quarter_end: QuarterEnd) -> None:
    await quarter_end.perform("S1", quality=90)
    answers = await asyncio.gather(*(quarter_end.patch(PATH, {"quality": n}, version=1) for n in (1, 2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_an_import_after_a_patch_applies_what_differs_in_the_file_alone(quarter_end: QuarterEnd) -> None:
    file = "supplier_code,quarter,quality,cost\nS1,2026Q3,{},80\n"
    await quarter_end.stage.import_file("scoring", "performance", file.format(90))
    await quarter_end.patch(PATH, {"quality": 50, "cost": 55}, version=1)
    await quarter_end.stage.import_file("scoring", "performance", file.format(90))
    assert await figures(quarter_end) == [50, 55, None, None]
    await quarter_end.stage.import_file("scoring", "performance", file.format(91))
    assert await figures(quarter_end) == [91, 55, None, None]


async def test_rows_of_a_quarter_are_listed_by_code_page_by_page(quarter_end: QuarterEnd) -> None:
    for code in ("S3", "S1", "S2"):
        await quarter_end.perform(code, quality=90)
        await quarter_end.perform(code, "2026Q2", quality=80)
    first = await quarter_end.get("/v1/performance", quarter=Q, limit=2)
    rest = await quarter_end.get("/v1/performance", quarter=Q, limit=2, cursor=first["next_cursor"])
    assert [row["supplier_code"] for row in (*first["items"], *rest["items"])] == ["S1", "S2", "S3"]
    assert rest["next_cursor"] is None
    async with quarter_end.stage.machine("scoring", "scoring:read", supplier_id=await quarter_end.know("S1")) as bound:
        for path in (PATH, "/v1/performance"):
            assert (await bound.get(path)).status_code == 404
