"""Suppliers over HTTP."""

from typing import Any

import pytest

from tests.stage import Stage

JADE = {
    "code": "S0042",
    "name": "Jade River Precision Co.",
    "country": "TW",
    "supply_tier": 2,
    "kind": "key",
    "commodities": ["C-CONN"],
    "identifiers": [{"scheme": "lei", "value": "5493001kjtiigc8y1r12"}],
    "annual_spend": {"amount": "12500000.00", "currency": "TWD"},
    "email": "csr@jade-river.example",
}


async def create(stage: Stage, **changes: Any) -> dict[str, Any]:
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={**JADE, **changes})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created


async def test_a_supplier_is_read_back_as_it_was_created(stage: Stage) -> None:
    created = await create(stage)
    async with stage.machine("registry", "registry:read") as client:
        answer = await client.get(f"/v1/suppliers/{created['id']}")
    assert answer.status_code == 200
    assert answer.json() == created
    assert answer.headers["etag"] == '"1"'
    assert created["annual_spend"] == {"amount": "12500000.00", "currency": "TWD"}
    assert created["identifiers"] == [{"scheme": "lei", "system": "", "value": "5493001KJTIIGC8Y1R12"}]


async def test_an_unchanged_supplier_is_304_for_whoever_has_it(stage: Stage) -> None:
    created = await create(stage)
    async with stage.machine("registry") as client:
        answer = await client.get(f"/v1/suppliers/{created['id']}", headers={"If-None-Match": '"1"'})
    assert answer.status_code == 304
    assert answer.content == b""


async def test_a_code_is_taken_once(stage: Stage) -> None:
    await create(stage)
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={"code": "S0042", "name": "Another"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "There is a supplier with the code S0042."


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("country", "Taiwan", "#/country"),
        ("identifiers", [{"scheme": "lei", "value": "5493001KJTIIGC8Y1R13"}], "#/identifiers/0"),
        ("identifiers", [{"scheme": "duns", "value": "12345"}], "#/identifiers/0"),
        ("annual_spend", {"amount": "-1", "currency": "TWD"}, "#/annual_spend/amount"),
        ("supply_tier", 0, "#/supply_tier"),
        ("colour", "green", "#/colour"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_created(
    stage: Stage, field: str, value: Any, complaint: str
) -> None:
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={**JADE, field: value})
        assert answer.status_code == 422
        assert complaint in [error["pointer"] for error in answer.json()["errors"]]
        assert (await client.get("/v1/suppliers")).json()["items"] == []


async def test_a_change_needs_the_current_version(stage: Stage) -> None:
    created = await create(stage)
    url = f"/v1/suppliers/{created['id']}"
    async with stage.machine("registry") as client:
        assert (await client.patch(url, json={"name": "New"})).status_code == 428
        assert (await client.patch(url, json={"name": "New"}, headers={"If-Match": '"7"'})).status_code == 412
        changed = await client.patch(url, json={"name": "New"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.json()["name"] == "New"
    assert changed.json()["country"] == "TW"
    assert changed.headers["etag"] == '"2"'


async def test_putting_an_equal_supplier_changes_nothing(stage: Stage) -> None:
    created = await create(stage)
    body = {name: value for name, value in JADE.items() if name != "code"}
    async with stage.machine("registry") as client:
        again = await client.put("/v1/suppliers/by-code/S0042", json=body)
        other = await client.put("/v1/suppliers/by-code/S0042", json={**body, "status": "probation"})
        fresh = await client.put("/v1/suppliers/by-code/S0043", json={"name": "Another"})
    assert (again.status_code, again.json()) == (200, created)
    assert (other.status_code, other.json()["version"]) == (200, 2)
    assert (fresh.status_code, fresh.json()["code"]) == (201, "S0043")


async def test_each_change_is_one_event_with_the_full_state_and_one_line_of_the_audit_log(stage: Stage) -> None:
    created = await create(stage)
    async with stage.machine("registry") as client:
        await client.patch(f"/v1/suppliers/{created['id']}", json={"status": "suspended"}, headers={"If-Match": '"1"'})
        feed = (await client.get("/v1/feed")).json()
        log = (await client.get("/v1/audit-log", params={"resource_id": created["id"]})).json()["items"]
    assert [event["type"] for event in feed["events"]] == ["supplier.created", "supplier.updated"]
    assert [event["feedseq"] for event in feed["events"]] == [1, 2]
    assert feed["events"][1]["data"]["status"] == "suspended"
    assert feed["events"][1]["data"]["name"] == JADE["name"]
    assert "csr@" not in str(feed)
    assert [entry["action"] for entry in log] == ["supplier.created", "supplier.updated"]
    assert log[1]["changes"] == {"status": ["active", "suspended"]}


async def test_an_identifier_belongs_to_one_supplier(stage: Stage) -> None:
    await create(stage)
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={**JADE, "code": "S0099"})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "#/identifiers/0"


async def test_suppliers_are_found_by_an_identifier_in_whatever_scheme_and_through_an_index(stage: Stage) -> None:
    lei = (await create(stage))["identifiers"][0]["value"]
    await create(stage, code="S0043", identifiers=[{"scheme": "erp", "system": "SAP-P10", "value": "700042"}])
    async with stage.machine("registry") as client:
        for value, codes in ((lei, ["S0042"]), ("700042", ["S0043"]), ("700043", [])):
            found = (await client.get("/v1/suppliers", params={"identifier": value})).json()["items"]
            assert [item["code"] for item in found] == codes
    indexes = await stage.psql("registry", "SELECT indexdef FROM pg_indexes WHERE tablename = 'supplier_identifier'")
    assert any(row["indexdef"].endswith("(value)") for row in indexes)


async def test_a_merged_supplier_names_its_survivor_until_it_is_unmerged(stage: Stage) -> None:
    one = await create(stage)
    two = await create(stage, code="S0043", identifiers=[])
    async with stage.machine("registry") as client:
        merged = await client.post(f"/v1/suppliers/{two['id']}/merge", json={"into": one["id"]})
        assert merged.json()["merged_into"] == one["id"]
        again = await client.post(f"/v1/suppliers/{one['id']}/merge", json={"into": two["id"]})
        assert again.status_code == 409
        unmerged = await client.post(f"/v1/suppliers/{two['id']}/unmerge")
        assert unmerged.json()["merged_into"] is None


async def test_lists_come_in_pages_that_together_hold_everything_once(stage: Stage) -> None:
    for n in range(5):
        await create(stage, code=f"S{n}", identifiers=[])
    codes = []
    cursor = None
    async with stage.machine("registry") as client:
        while True:
            params = {"limit": 2, "country": "TW"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/v1/suppliers", params=params)).json()
            codes += [item["code"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        with_no_cursor_of_ours = await client.get("/v1/suppliers", params={"limit": 2, "cursor": "abc"})
    assert codes == ["S0", "S1", "S2", "S3", "S4"]
    assert with_no_cursor_of_ours.status_code == 400


async def test_a_repeated_post_with_its_key_gives_the_first_answer_and_creates_nothing(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        headers = {"Idempotency-Key": "order-1"}
        first = await client.post("/v1/suppliers", json=JADE, headers=headers)
        second = await client.post("/v1/suppliers", json=JADE, headers=headers)
        other = await client.post("/v1/suppliers", json={**JADE, "code": "S1"}, headers=headers)
    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["location"] == first.headers["location"]


async def test_without_a_token_nobody_gets_in_and_scopes_are_held_to(stage: Stage) -> None:
    async with stage.caller("registry") as nobody, stage.machine("registry", "audit:read") as other:
        assert (await nobody.get("/v1/suppliers")).status_code == 401
        assert (await other.get("/v1/suppliers")).status_code == 403
    async with stage.machine("registry", "registry:read") as reader:
        assert (await reader.post("/v1/suppliers", json=JADE)).status_code == 403


async def test_merges_never_stand_in_a_row_so_one_step_leads_to_the_survivor(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        ids = [(await client.post("/v1/suppliers", json={"code": c, "name": c})).json()["id"] for c in ("A", "B", "C")]
        merged = await client.post(f"/v1/suppliers/{ids[0]}/merge", json={"into": ids[1]})
        onwards = await client.post(f"/v1/suppliers/{ids[1]}/merge", json={"into": ids[2]})
        behind = await client.post(f"/v1/suppliers/{ids[2]}/merge", json={"into": ids[0]})
    assert [merged.status_code, onwards.status_code, behind.status_code] == [200, 409, 409]
    assert [answer.json()["type"].rpartition("/")[2] for answer in (onwards, behind)] == [
        "has-merged",
        "survivor-merged",
    ]
