"""The policies as the API lists them."""

from datetime import UTC, datetime

import pytest

from shared.ids import new_id
from tests.stage import Stage

TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize("params", [{}, {"status": "published"}, {"on": TODAY.isoformat()}, {"on": "1990-01-01"}])
async def test_the_default_policy_is_listed_with_where_provisions_count(stage: Stage, params: dict[str, str]) -> None:
    async with stage.machine("scoring", "scoring:read") as client:
        page = (await client.get("/v1/policies", params=params)).json()
    (policy,) = page["items"]
    assert (policy["version"], policy["name"], policy["status"]) == (1, "default", "published")
    assert policy["categories"][0] == {"code": "management_system", "weight": 0.25}
    assert {"standard": "RBA", "version": "8.0", "provision": "D7", "category": "product_liability"} in policy[
        "provision_categories"
    ]
    assert policy["section_categories"]["B"] == "labor_employment"
    assert policy["document"]["version"] == 1


async def test_drafts_are_listed_only_where_they_are_asked_for(stage: Stage) -> None:
    await stage.psql(
        "scoring",
        "INSERT INTO policy (version, name, status, document, created_by) "
        "SELECT 2, 'next', 'draft', document || '{\"version\": 2}', 'test' FROM policy WHERE version = 1",
    )
    async with stage.machine("scoring", "scoring:read") as client:
        drafts = (await client.get("/v1/policies?status=draft")).json()["items"]
        in_force = (await client.get(f"/v1/policies?on={TODAY}")).json()["items"]
    assert [policy["version"] for policy in drafts] == [2]
    assert drafts[0]["valid_from"] is None
    assert [policy["version"] for policy in in_force] == [1]


async def test_a_supplier_sees_no_policies(stage: Stage) -> None:
    async with stage.machine("scoring", "scoring:read", supplier_id=new_id()) as client:
        assert (await client.get("/v1/policies")).status_code == 404
