"""Approved allocations as an ERP takes them: CSV, and SAP's quota arrangements."""

import csv
from datetime import date
from typing import Any

import httpx

from services.scoring.endpoints.allocation_formats import SAP
from tests.scoring.business.quarter_end import Q, QuarterEnd
from tests.scoring.feeding import drain, supplier_event, take_in

MATERIALS = [
    {"system": "SAP-P10", "material": "0000012345", "plant": "TW01", "base_unit": "PC"},
    {"system": "SAP-P10", "material": "0000012345", "plant": "VN01", "base_unit": "PC"},
    {"system": "SAP-P20", "material": "PCB-1", "plant": "MX01", "base_unit": "EA"},
]
ITEMS = "toPurgQuotaArrangementItem"


async def call(quarter_end: QuarterEnd, path: str, accept: str = SAP, **params: Any) -> httpx.Response:
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        return await client.get(path, params=params, headers={"Accept": accept})


async def number(quarter_end: QuarterEnd, code: str, **by_system: str) -> None:
    """What the registry's feed tells of a supplier's vendor numbers."""
    quarter_end.pos += 1
    named = [{"scheme": "erp", "system": f"SAP-{system}", "value": value} for system, value in by_system.items()]
    other = {"scheme": "duns", "system": "", "value": "123456789"}
    told = supplier_event(quarter_end.pos, quarter_end.ids[code], code=code, identifiers=[*named, other])
    await take_in(quarter_end.stage, "registry", told)
    await drain(quarter_end.stage, date(2026, 9, 30))


async def approved(quarter_end: QuarterEnd) -> dict[str, Any]:
    """The worked example with S5 as a source that gets nothing, approved."""
    await quarter_end.rate(S1=88, S2=74, S3=48, S4=92, S5=50)
    await quarter_end.source(
        "PCB",
        {
            "S1": {"baseline_share": 0.40, "capacity_share": 0.60},
            "S2": {"baseline_share": 0.30, "capacity_share": 0.50},
            "S3": {"baseline_share": 0.20, "capacity_share": 0.40, "min_share": 0.05},
            "S4": {"baseline_share": 0.10, "capacity_share": 0.18},
            "S5": 0,
        },
    )
    await quarter_end.publish()
    await quarter_end.allocate()
    proposal = await quarter_end.proposed("PCB")
    answer = await quarter_end.post(f"/v1/allocations/{proposal['id']}/approve", by="ben", version=1)
    assert answer.status_code == 200, answer.text
    allocation: dict[str, Any] = answer.json()
    return allocation


async def mapped(quarter_end: QuarterEnd) -> None:
    await quarter_end.put("/v1/commodities/PCB", {"description": "Boards", "materials": MATERIALS})
    for n, code in enumerate(("S1", "S2", "S3", "S4"), start=1):
        await number(quarter_end, code, P10=f"000010000{n}", P20=f"V{n}")


async def test_a_quota_arrangement_per_material_plant_and_validity_in_whole_percents(quarter_end: QuarterEnd) -> None:
    allocation = await approved(quarter_end)
    await mapped(quarter_end)
    answer = await call(quarter_end, "/v1/allocations", status="approved")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == SAP
    page = answer.json()
    assert [(each["system"], each["material"], each["plant"]) for each in page["items"]] == [
        (material["system"], material["material"], material["plant"]) for material in MATERIALS
    ]
    first = page["items"][0]
    assert {name: first[name] for name in first if name != ITEMS} == {
        "allocation_id": allocation["id"],
        "commodity": "PCB",
        "system": "SAP-P10",
        "material": "0000012345",
        "plant": "TW01",
        "validityStartDate": "2026-10-01",
        "validityEndDate": "2026-12-31",
        "materialBaseUnit": "PC",
        "minQtyForSpltQuota": 0,
    }
    quotas = [(item["supplier"], item["purchasingSourceQuota"]) for item in first[ITEMS]]
    assert quotas == [("0000100001", 48), ("0000100002", 29), ("0000100003", 10), ("0000100004", 13)]
    assert [item["quotaArrangementItem"] for item in first[ITEMS]] == ["1", "2", "3", "4"]
    assert {item["materialProcurementCategory"] for item in first[ITEMS]} == {"F"}
    assert [item["supplier"] for item in page["items"][2][ITEMS]] == ["V1", "V2", "V3", "V4"]
    one = await call(quarter_end, f"/v1/allocations/{allocation['id']}")
    assert one.json() == {"items": page["items"]}
    (alone,) = (await call(quarter_end, "/v1/allocations", system="SAP-P20")).json()["items"]
    assert alone == page["items"][2]
    assert int(answer.headers["next-after"]) == page["next_after"]
    assert (await call(quarter_end, "/v1/allocations", after=page["next_after"])).json()["items"] == []


async def test_a_missing_mapping_is_named(quarter_end: QuarterEnd) -> None:
    allocation = await approved(quarter_end)
    for path in ("/v1/allocations", f"/v1/allocations/{allocation['id']}"):
        answer = await call(quarter_end, path)
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (422, "mapping-missing")
        assert answer.json()["errors"] == [{"pointer": "commodity PCB", "detail": "has no material in any ERP"}]
    await mapped(quarter_end)
    await number(quarter_end, "S3", P20="V3")
    await number(quarter_end, "S4", P10="0000100004")
    answer = await call(quarter_end, "/v1/allocations")
    assert answer.status_code == 422
    assert [(error["pointer"], error["detail"].partition(":")[0]) for error in answer.json()["errors"]] == [
        ("supplier S3", "has no vendor number"),
        ("supplier S4", "has no vendor number"),
    ]
    assert "system SAP-P10" in answer.json()["errors"][0]["detail"]
    assert (await call(quarter_end, "/v1/allocations", system="SAP-P30")).json()["items"] == []


async def test_two_vendor_numbers_in_one_system_are_refused_rather_than_guessed(quarter_end: QuarterEnd) -> None:
    await approved(quarter_end)
    await mapped(quarter_end)
    quarter_end.pos += 1
    twice = [{"scheme": "erp", "system": "SAP-P20", "value": value} for value in ("V1", "V1B")]
    named = [{"scheme": "erp", "system": "SAP-P10", "value": "0000100001"}, *twice]
    told = supplier_event(quarter_end.pos, quarter_end.ids["S1"], code="S1", identifiers=named)
    await take_in(quarter_end.stage, "registry", told)
    answer = await call(quarter_end, "/v1/allocations")
    assert answer.json()["errors"][0]["detail"].startswith("has several vendor numbers (V1, V1B)")


async def test_what_nobody_has_approved_is_no_quota_arrangement(quarter_end: QuarterEnd) -> None:
    await approved(quarter_end)
    await mapped(quarter_end)
    await quarter_end.allocate()
    proposal = await quarter_end.proposed("PCB")
    assert len((await call(quarter_end, "/v1/allocations")).json()["items"]) == 3
    for path, params in (
        ("/v1/allocations", {"status": "proposed"}),
        (f"/v1/allocations/{proposal['id']}", {}),
    ):
        answer = await call(quarter_end, path, **params)
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (409, "not-approved")


async def test_an_unchanged_list_is_not_sent_again_and_a_changed_mapping_is(quarter_end: QuarterEnd) -> None:
    await approved(quarter_end)
    await mapped(quarter_end)

    async def status(accept: str, etag: str) -> int:
        async with quarter_end.stage.machine("scoring") as client:
            headers = {"Accept": accept, "If-None-Match": etag}
            return (await client.get("/v1/allocations", params={"status": "approved"}, headers=headers)).status_code

    tags = {}
    for accept in ("application/json", "text/csv", SAP):
        answer = await call(quarter_end, "/v1/allocations", accept, status="approved")
        tags[accept] = answer.headers["etag"]
        assert answer.headers["vary"] == "Accept, Authorization"
    assert len(set(tags.values())) == 3
    assert [await status(accept, etag) for accept, etag in tags.items()] == [304, 304, 304]
    await quarter_end.stage.psql(
        "scoring",
        "INSERT INTO feed_cursor (source, seq) VALUES ('registry', 7) "
        "ON CONFLICT (source) DO UPDATE SET seq = feed_cursor.seq + 7",
    )
    assert [await status(accept, etag) for accept, etag in tags.items()] == [304, 304, 200]
    one = f"/v1/allocations/{(await call(quarter_end, '/v1/allocations')).json()['items'][0]['allocation_id']}"
    tag = (await call(quarter_end, one)).headers["etag"]
    await quarter_end.put("/v1/commodities/PCB", {"description": "Boards", "materials": MATERIALS[:1]})
    async with quarter_end.stage.machine("scoring") as client:
        again = await client.get(one, headers={"Accept": SAP, "If-None-Match": tag})
    assert (again.status_code, len(again.json()["items"])) == (200, 1)
    assert [await status(accept, etag) for accept, etag in tags.items()] == [200, 200, 200]


async def test_an_epoch_that_is_over_is_gone(quarter_end: QuarterEnd) -> None:
    page = (await call(quarter_end, "/v1/allocations", "application/json")).json()
    same = await call(quarter_end, "/v1/allocations", "application/json", epoch=page["epoch"])
    await quarter_end.stage.psql("scoring", "UPDATE feed_state SET epoch = gen_random_uuid()")
    over = await call(quarter_end, "/v1/allocations", "application/json", epoch=page["epoch"])
    assert (same.status_code, over.status_code) == (200, 410)


async def test_a_csv_has_a_line_for_each_supplier_of_each_allocation(quarter_end: QuarterEnd) -> None:
    allocation = await approved(quarter_end)
    for path in ("/v1/allocations", f"/v1/allocations/{allocation['id']}"):
        answer = await call(quarter_end, path, "text/csv")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))
        assert [(row["commodity"], row["supplier_code"], float(row["share"])) for row in rows] == [
            ("PCB", line["supplier_code"], line["share"]) for line in allocation["lines"]
        ]
        assert {row["allocation_id"] for row in rows} == {allocation["id"]}
        assert {row["qbr_quarter"] for row in rows} == {Q}
    assert (await call(quarter_end, "/v1/allocations", "text/csv")).headers["next-after"]


async def test_an_override_beyond_a_bound_is_what_the_erp_gets(quarter_end: QuarterEnd) -> None:
    await approved(quarter_end)
    await mapped(quarter_end)
    await quarter_end.allocate()
    proposal = await quarter_end.proposed("PCB")
    lines = [{"supplier_code": "S1", "share": 0.5}, {"supplier_code": "S4", "share": 0.5}]
    path = f"/v1/allocations/{proposal['id']}"
    await quarter_end.post(f"{path}/override", {"reason": "x", "lines": lines}, by="ben", version=1)
    await quarter_end.post(f"{path}/confirm-override", by="cho", version=2)
    items = (await call(quarter_end, "/v1/allocations", system="SAP-P20")).json()["items"]
    assert [[(item["supplier"], item["purchasingSourceQuota"]) for item in each[ITEMS]] for each in items] == [
        [("V1", 50), ("V4", 50)]
    ]
