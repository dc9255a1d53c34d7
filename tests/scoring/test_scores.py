"""Scores over HTTP, from what the other services' feeds tell."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.stage import Stage


async def create_supplier(stage: Stage, code: str = "S1", **fields: Any) -> str:
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={"code": code, "name": code, "country": "TW", **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def put_country_risk(stage: Stage, rank: float = 62.5, country: str = "TW", year: int = 2024) -> None:
    async with stage.machine("scoring") as client:
        body = {"source": "World Bank WGI", "mean_percentile_rank": rank}
        assert (await client.put(f"/v1/country-risks/{country}/{year}", json=body)).status_code == 200


async def test_a_supplier_of_whom_nothing_is_known_is_scored_on_prudence_alone(stage: Stage) -> None:
    await put_country_risk(stage)
    supplier_id = await create_supplier(stage)
    await stage.settle()
    async with stage.machine("scoring", "scoring:read") as client:
        answer = await client.get(f"/v1/scores/{supplier_id}")
        listed = (await client.get("/v1/scores", params={"risk_tier": "medium"})).json()
    assert answer.status_code == 200, answer.text
    score = answer.json()
    assert (score["score"], score["risk_tier"], score["basis"], score["confidence"]) == (
        62.75,
        "medium",
        "assumed",
        0.2,
    )
    assert set(score["categories"].values()) == {62.75}
    assert listed["items"] == [score]


async def test_a_country_risk_that_changes_changes_its_suppliers_scores_and_the_past_stays_readable(
    stage: Stage,
) -> None:
    await put_country_risk(stage)
    supplier_id = await create_supplier(stage)
    await stage.settle()
    before = datetime.now(UTC)
    await put_country_risk(stage, 90)
    await stage.settle()
    async with stage.machine("scoring") as client:
        now = (await client.get(f"/v1/scores/{supplier_id}")).json()
        then = (await client.get(f"/v1/scores/{supplier_id}", params={"known_at": before.isoformat()})).json()
        history = (await client.get(f"/v1/scores/{supplier_id}/history")).json()["items"]
    assert (now["score"], then["score"]) == (65.5, 62.75)
    assert [entry["score"] for entry in history] == [65.5, 62.75]


async def test_the_explanation_adds_up_to_the_score(stage: Stage) -> None:
    await put_country_risk(stage)
    supplier_id = await create_supplier(stage)
    await stage.settle()
    async with stage.machine("scoring") as client:
        explanation = (await client.get(f"/v1/scores/{supplier_id}/explanation")).json()
    assert round(sum(part["points"] for part in explanation["parts"]), 2) == 62.75


async def test_a_day_to_come_has_no_score(stage: Stage) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    async with stage.machine("scoring") as client:
        answer = await client.get(f"/v1/scores/{supplier_id}", params={"as_of": tomorrow.isoformat()})
    assert answer.status_code == 422


@pytest.mark.parametrize("known_at", ["2099-06-01T00:00:00Z", "2026-06-01T00:00:00"])
async def test_what_was_known_is_asked_for_at_a_past_moment_with_its_offset(stage: Stage, known_at: str) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    async with stage.machine("scoring") as client:
        answer = await client.get(f"/v1/scores/{supplier_id}", params={"known_at": known_at})
    assert answer.status_code == 422


async def test_whoever_has_the_score_or_its_explanation_is_told_so(stage: Stage) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    async with stage.machine("scoring") as client:
        for path in (f"/v1/scores/{supplier_id}", f"/v1/scores/{supplier_id}/explanation"):
            etag = (await client.get(path)).headers["etag"]
            assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 304


async def test_a_certificate_without_end_holds_nobody_up(stage: Stage) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    await stage.psql(
        "scoring",
        "INSERT INTO certificate_copy (id, pos, supplier_id, standard, valid_from, valid_until)"
        " VALUES (gen_random_uuid(), 1, $1, 'ISO 14001', '-infinity', 'infinity')",
        UUID(supplier_id),
    )
    async with stage.machine("scoring") as client:
        score = (await client.get(f"/v1/scores/{supplier_id}", params={"as_of": "2026-09-30"})).json()
    assert (score["score"], score["credit"]) == (56.5, 0.0)


async def test_a_merged_supplier_is_scored_with_its_survivor(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    await stage.settle()
    async with stage.machine("registry") as registry, stage.machine("scoring") as client:
        await registry.post(f"/v1/suppliers/{two}/merge", json={"into": one})
        await stage.settle()
        merged = await client.get(f"/v1/scores/{two}")
        assert merged.status_code == 404
        assert one in merged.json()["detail"]
        await registry.post(f"/v1/suppliers/{two}/unmerge")
        await stage.settle()
        assert (await client.get(f"/v1/scores/{two}")).status_code == 200


async def test_a_supplier_bound_client_sees_its_own_score_and_no_other(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    await stage.settle()
    async with stage.machine("scoring", "scoring:read", supplier_id=one) as client:
        assert (await client.get(f"/v1/scores/{one}")).status_code == 200
        assert (await client.get(f"/v1/scores/{two}")).status_code == 404
        assert [s["supplier_id"] for s in (await client.get("/v1/scores")).json()["items"]] == [one]
        assert (await client.get("/v1/freshness")).status_code == 404


async def test_freshness_names_heads_cursors_and_who_waits(stage: Stage) -> None:
    await create_supplier(stage)
    async with stage.machine("scoring") as client:
        stale = (await client.get("/v1/freshness")).json()
        await stage.settle()
        fresh = (await client.get("/v1/freshness")).json()
    assert not stale["fresh"]
    assert stale["sources"][0] == {"source": "registry", "head": 1, "cursor": 0, "lag": 1}
    assert fresh["fresh"]
    assert fresh["sources"][0] == {"source": "registry", "head": 1, "cursor": 1, "lag": 0}
