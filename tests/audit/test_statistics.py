"""Figures over findings, held against plain Python over the same rows."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import python_calamine

from shared.ids import new_id
from shared.sheets import CSV, XLSX
from tests.audit.counted import (
    KEYS,
    TODAY,
    Row,
    ask,
    days_ago,
    expected,
    finding,
    near,
    put,
    random_programme,
    some_supplier,
    year_before,
)
from tests.stage import Stage


@pytest.mark.parametrize("group_by", list(KEYS))
@pytest.mark.parametrize("asked", [{}, {"from": days_ago(700), "to": days_ago(20), "as_of": days_ago(10)}])
async def test_the_figures_are_those_of_plain_python(stage: Stage, group_by: str, asked: dict[str, date]) -> None:
    suppliers, audits, findings = random_programme(seed=7)
    await put(stage, suppliers, audits, findings)
    body = await ask(stage, group_by=group_by, **{name: day.isoformat() for name, day in asked.items()})
    as_of = asked.get("as_of", TODAY)
    last = asked.get("to", as_of)
    first = asked.get("from", year_before(last) + timedelta(days=1))
    assert (body["from"], body["to"], body["as_of"]) == (first.isoformat(), last.isoformat(), as_of.isoformat())
    now = [row for row in findings if first <= row["discovered_on"] <= last]
    before = [row for row in findings if year_before(first) <= row["discovered_on"] <= year_before(last)]
    assert body["total"] == near(expected(now, before, as_of))

    groups: dict[Any, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    key = KEYS[group_by]
    for row in now:
        groups[key(row)][0].append(row)
    for row in before:
        if group_by != "month":
            groups[key(row)][1].append(row)
        else:
            month = key(row)
            groups[f"{int(month[:4]) + 1}{month[4:]}"][1].append(row)
    got = {}
    for group in body["groups"]:
        names = {name: group.pop(name) for name in ("key", "title", "standard", "code_version", "supplier_id")}
        named = (names["standard"], names["code_version"], names["key"]) if group_by == "provision" else names["key"]
        got[named] = group
    if group_by == "month":
        groups = {name: parts for name, parts in groups.items() if parts[0]}  # type: ignore[assignment]
    assert got == {name: near(expected(*parts, as_of)) for name, parts in groups.items()}
    sizes = [group["findings"] for group in body["groups"]]
    assert sizes == sorted(sizes, reverse=True)


async def test_the_published_improvement_rate_of_98_percent(stage: Stage) -> None:
    suppliers = [some_supplier(n) for n in range(36)]
    findings = [
        finding(suppliers[n % 36], status="closed", closed_on=days_ago(10)) if n < 706 else finding(suppliers[n % 36])
        for n in range(720)
    ]
    await put(stage, suppliers, [], findings)
    total = (await ask(stage, group_by="severity"))["total"]
    assert (total["findings"], total["suppliers"], total["improved"]) == (720, 36, 706)
    assert total["improvement_rate_percent"] == 98.06
    assert total["days_to_close"] == {"n": 706, "mean": 90.0, "median": 90.0, "p90": 90.0}


async def test_more_than_last_year_shows_as_a_trend(stage: Stage) -> None:
    supplier = some_supplier(1)
    last_year = days_ago(100 + 365)
    closed_then = {"discovered_on": last_year, "status": "closed", "closed_on": last_year + timedelta(days=9)}
    closed_since = {"discovered_on": last_year, "status": "closed", "closed_on": days_ago(9)}
    rows = [finding(supplier)] * 6 + [finding(supplier, **closed_then), finding(supplier, **closed_since)] * 2
    await put(stage, [supplier], [], rows)
    (group,) = (await ask(stage, group_by="provision"))["groups"]
    assert group["findings"] == 6
    assert group["previous"] == {"findings": 4, "improvement_rate_percent": 50.0}
    assert group["change_percent"] == 50.0
    assert (group["key"], group["standard"], group["code_version"]) == ("A1", "RBA", "8.0")
    assert group["title"]


async def test_a_reopened_finding_is_not_improved_and_closing_it_again_counts_anew(stage: Stage) -> None:
    # Reopening empties closed_on; the transitions keep the closing before it.
    supplier = some_supplier(1)
    await put(stage, [supplier], [], [finding(supplier, status="open")])
    assert (await ask(stage, group_by="status"))["total"]["improved"] == 0
    await stage.psql("audit", "UPDATE finding SET status = 'closed', closed_on = $1", days_ago(1))
    assert (await ask(stage, group_by="status"))["total"]["days_to_close"]["median"] == 99.0


@pytest.mark.parametrize("group_by", list(KEYS))
async def test_nothing_gives_zeroes_and_no_rates(stage: Stage, group_by: str) -> None:
    body = await ask(stage, group_by=group_by)
    assert body["groups"] == []
    assert body["total"] == expected([], [], TODAY)
    assert body["complete"] is True


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"severity": "major"}, 1),
        ({"provision": "C6"}, 2),
        ({"provision": "C6", "code_version": "7.0"}, 1),
        ({"standard": "ISO 14001"}, 0),
        ({"country": "VN"}, 2),
        ({"supply_tier": 3}, 2),
        ({"audit_kind": "cma"}, 1),
        ({"country": "VN", "audit_kind": "cma"}, 1),
    ],
)
@pytest.mark.parametrize("group_by", ["severity", "supplier", "country"])
async def test_filters_leave_out_what_does_not_fit(stage: Stage, group_by: str, asked: Row, count: int) -> None:
    here, there = some_supplier(1), some_supplier(2, "VN", 3)
    audit = {"id": new_id(), "supplier": there, "kind": "cma", "conducted_on": days_ago(100)}
    findings = [
        finding(here, severity="major"),
        finding(here, provision=("RBA", "8.0", "C6")),
        finding(there, provision=("RBA", "7.0", "C6")),
        finding(there, audit=audit),
    ]
    await put(stage, [here, there], [audit], findings)
    assert (await ask(stage, group_by=group_by, **asked))["total"]["findings"] == count
    mine = await ask(stage, group_by=group_by, supplier_id=str(there["id"]))
    assert (mine["total"]["findings"], mine["total"]["suppliers"]) == (2, 1)


async def test_the_largest_groups_are_given_and_the_total_is_of_all(stage: Stage) -> None:
    suppliers = [some_supplier(n) for n in range(5)]
    rows = [finding(supplier) for n, supplier in enumerate(suppliers) for _ in range(n + 1)]
    await put(stage, suppliers, [], rows)
    for group_by, largest in (("supplier", ["S004", "S003"]), ("severity", ["minor"])):
        body = await ask(stage, group_by=group_by, limit=2)
        assert [group["key"] for group in body["groups"]] == largest
        assert body["complete"] is (group_by == "severity")
        assert (body["total"]["findings"], body["total"]["suppliers"]) == (15, 5)


@pytest.mark.parametrize("group_by", ["supplier", "provision"])
@pytest.mark.parametrize("limit", [2, 3, 4])
async def test_as_many_groups_as_are_wanted_are_all_of_them(stage: Stage, group_by: str, limit: int) -> None:
    suppliers = [some_supplier(n) for n in range(3)]
    codes = ("A1", "A2", "A3")
    rows = [finding(suppliers[n], provision=("RBA", "8.0", code)) for n, code in enumerate(codes)]
    await put(stage, suppliers, [], rows)
    body = await ask(stage, group_by=group_by, limit=limit)
    assert (len(body["groups"]), body["complete"]) == (min(limit, 3), limit >= 3)


async def test_months_have_their_year_before_however_few_are_asked_for(stage: Stage) -> None:
    supplier = some_supplier(1)
    days = {date(2025, 2, 28): 3, date(2025, 3, 1): 2, date(2024, 2, 28): 4, date(2024, 2, 29): 1, date(2024, 3, 1): 5}
    rows = [finding(supplier, discovered_on=day) for day, count in days.items() for _ in range(count)]
    await put(stage, [supplier], [], rows)
    asked = {"group_by": "month", "from": "2025-02-01", "to": "2025-03-31"}
    for limit in (1, 2):
        body = await ask(stage, **asked, limit=limit)
        figures = [(group["key"], group["findings"], group["previous"]["findings"]) for group in body["groups"]]
        assert figures == [("2025-02", 3, 5), ("2025-03", 2, 5)][:limit]
        assert (body["complete"], body["total"]["previous"]["findings"]) == (limit == 2, 10)


async def test_a_supplier_gets_no_statistics(stage: Stage) -> None:
    async with stage.machine("audit", "audit:read", supplier_id=new_id()) as client:
        for url in ("/v1/statistics/findings?group_by=category", "/v1/statistics/audits?group_by=kind"):
            assert (await client.get(url)).status_code == 404


async def test_a_period_that_ends_before_it_begins_is_refused(stage: Stage) -> None:
    async with stage.machine("audit", "audit:read") as client:
        params = {"group_by": "severity", "from": "2026-02-01", "to": "2026-01-01"}
        answer = await client.get("/v1/statistics/findings", params=params)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["query: from"]


@contextmanager
def scoring_away(stage: Stage) -> Iterator[None]:
    application = stage.transport.applications.pop("scoring")
    try:
        yield
    finally:
        stage.transport.applications["scoring"] = application


async def test_categories_come_from_the_policy_and_without_scoring_only_they_are_away(stage: Stage) -> None:
    supplier = some_supplier(1)
    await put(stage, [supplier], [], [finding(supplier, provision=("RBA", "8.0", "C6"))])
    body = await ask(stage, group_by="category")
    assert body["policy_version"] == 1
    assert [group["key"] for group in body["groups"]] == ["product_liability"]
    async with stage.machine("audit", "audit:read") as client:
        with scoring_away(stage):
            away = await client.get("/v1/statistics/findings", params={"group_by": "category"})
            there = await client.get("/v1/statistics/findings", params={"group_by": "provision"})
    assert (away.status_code, away.json()["type"].rpartition("/")[2]) == (503, "policy-away")
    assert there.status_code == 200


async def test_the_same_figures_are_not_sent_twice(stage: Stage) -> None:
    supplier = some_supplier(1)
    await put(stage, [supplier], [], [finding(supplier)])
    async with stage.machine("audit", "audit:read") as client:
        first = await client.get("/v1/statistics/findings?group_by=severity")
        again = {"If-None-Match": first.headers["etag"]}
        assert (await client.get("/v1/statistics/findings?group_by=severity", headers=again)).status_code == 304
        as_csv = await client.get("/v1/statistics/findings?group_by=severity", headers={**again, "Accept": CSV})
        assert as_csv.status_code == 200
        await stage.psql("audit", "UPDATE finding SET severity = 'major'")
        assert (await client.get("/v1/statistics/findings?group_by=severity", headers=again)).status_code == 200


async def test_figures_come_as_tables_whose_last_row_is_the_total(stage: Stage) -> None:
    supplier = some_supplier(1) | {"name": "=cmd|' /C calc'!A0"}
    await put(stage, [supplier], [], [finding(supplier)] * 2)
    async with stage.machine("audit", "audit:read") as client:
        url = "/v1/statistics/findings?group_by=supplier"
        as_csv = await client.get(url, headers={"Accept": CSV})
        as_xlsx = await client.get(url, headers={"Accept": XLSX})
    lines = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert [(line["key"], line["title"], line["findings"]) for line in lines] == [
        ("S001", "'=cmd|' /C calc'!A0", "2"),
        ("total", "", "2"),
    ]
    assert lines[0]["days_to_close.n"] == "0"
    assert f"findings-by-supplier-{TODAY}.csv" in as_csv.headers["content-disposition"]
    sheet = python_calamine.load_workbook(io.BytesIO(as_xlsx.content)).get_sheet_by_index(0).to_python()
    assert sheet[0] == list(lines[0])
    assert sheet[1][1] == "=cmd|' /C calc'!A0"
