"""Certificates over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.stage import Stage

ISO_14001 = {
    "standard": "ISO 14001",
    "number": "TW-14001-77",
    "issuer": "Formosa Certification",
    "valid_from": "2025-01-01",
    "valid_until": "2027-12-31",
}


async def certificates_of_a_supplier(client: httpx.AsyncClient) -> str:
    supplier = (await client.post("/v1/suppliers", json={"code": "S1", "name": "Company S1"})).json()
    return f"/v1/suppliers/{supplier['id']}/certificates"


@pytest.mark.parametrize(
    ("field", "value", "bound"),
    [
        ("valid_from", "0001-01-01", "1970-01-01"),
        ("valid_from", "1969-12-31", "1970-01-01"),
        ("valid_until", "9999-12-31", "2199-12-31"),
        ("valid_until", "2200-01-01", "2199-12-31"),
    ],
)
async def test_a_date_out_of_reach_is_refused_with_its_field_and_the_bound(
    stage: Stage, field: str, value: str, bound: str
) -> None:
    async with stage.machine("registry") as client:
        url = await certificates_of_a_supplier(client)
        answer = await client.post(url, json={**ISO_14001, field: value})
        assert answer.status_code == 422, answer.text
        assert (await client.get(url)).json()["items"] == []
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"#/{field}"
    assert bound in error["detail"]


async def test_a_certificate_is_withdrawn_from_a_day_since_its_beginning_and_not_from_one_to_come(stage: Stage) -> None:
    today = datetime.now(UTC).date()
    async with stage.machine("registry") as client:
        answer = await client.post(await certificates_of_a_supplier(client), json=ISO_14001)
        url = f"{answer.headers['location']}/withdraw"

        async def withdraw(day: Any) -> httpx.Response:
            body = {"withdrawn_on": str(day), "reason": "Failed surveillance audit"}
            return await client.post(url, json=body, headers={"If-Match": '"1"'})

        refused = [await withdraw(day) for day in ("2024-12-31", today + timedelta(days=1), "0001-01-01")]
        withdrawn = await withdraw(today)
    assert [answer.status_code for answer in refused] == [422, 422, 422]
    assert {answer.json()["errors"][0]["pointer"] for answer in refused} == {"#/withdrawn_on"}
    assert (withdrawn.status_code, withdrawn.json()["withdrawn_on"]) == (200, str(today))


async def test_the_audit_log_tells_number_issuer_and_the_reason_of_a_withdrawal(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        certificate = (await client.post(await certificates_of_a_supplier(client), json=ISO_14001)).json()
        await client.post(
            f"/v1/suppliers/{certificate['supplier_id']}/certificates/{certificate['id']}/withdraw",
            json={"withdrawn_on": "2026-01-31", "reason": "Failed surveillance audit"},
            headers={"If-Match": '"1"'},
        )
        log = (await client.get("/v1/audit-log", params={"resource_id": certificate["id"]})).json()["items"]
    recorded, withdrawn = [entry["changes"] for entry in log]
    assert recorded["number"] == [None, "TW-14001-77"]
    assert recorded["issuer"] == [None, "Formosa Certification"]
    assert withdrawn == {
        "withdrawn_on": [None, "2026-01-31"],
        "reason": [None, "Failed surveillance audit"],
    }
