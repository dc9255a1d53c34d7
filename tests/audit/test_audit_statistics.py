"""Figures over audits and their outcomes."""

from shared.ids import new_id
from tests.audit.counted import Row, days_ago, finding, put, some_supplier
from tests.stage import Stage


async def test_audits_are_counted_by_outcome_with_the_planned_ones_apart(stage: Stage) -> None:
    supplier, other = some_supplier(1), some_supplier(2, "VN", None)
    recent = {"supplier": supplier, "kind": "vap", "conducted_on": days_ago(30)}
    audits: list[Row] = [
        {**recent, "outcome": "approved", "score": 180, "auditor": "Elm"},
        {**recent, "outcome": "approved", "score": 150},
        {**recent, "outcome": "rejected", "supplier": other},
        {**recent, "conducted_on": days_ago(10), "kind": "regulatory"},
        {"supplier": supplier, "kind": "vap", "planned_on": days_ago(5)},
        {**recent, "conducted_on": days_ago(800), "outcome": "approved"},
    ]
    for audit in audits:
        audit["id"] = new_id()
    rows = [finding(supplier, audit=audits[0]), finding(supplier, audit=audits[0])]
    rows.append(finding(supplier, audit=audits[0], status="withdrawn", withdrawn_on=days_ago(2)))
    await put(stage, [supplier, other], audits, rows)
    async with stage.machine("audit", "audit:read") as client:
        body = (await client.get("/v1/statistics/audits", params={"group_by": "kind"})).json()
        every = {
            group_by: (await client.get("/v1/statistics/audits", params={"group_by": group_by})).json()["groups"]
            for group_by in ("outcome", "country", "supply_tier", "auditor", "year")
        }
    assert body["total"] == {
        "audits": 4,
        "planned": 1,
        "approved": 2,
        "conditionally_approved": 0,
        "rejected": 1,
        "undecided": 1,
        "approved_percent": 66.67,
        "conditionally_approved_percent": 0.0,
        "rejected_percent": 33.33,
        "mean_score": 165.0,
        "scored": 2,
        "valid_today": 3,
        "findings": 2,
        "findings_per_audit": 0.5,
    }
    assert {group["key"]: (group["audits"], group["planned"]) for group in body["groups"]} == {
        "vap": (3, 1),
        "regulatory": (1, 0),
    }
    assert {group["key"]: group["audits"] for group in every["country"]} == {"TW": 3, "VN": 1}
    assert {group["key"]: group["audits"] for group in every["outcome"]} == {"approved": 2, "rejected": 1, None: 1}
    assert sum(group["audits"] for group in every["year"]) == 4
    for limit, is_whole in ((1, False), (2, True)):
        async with stage.machine("audit", "audit:read") as client:
            some = await client.get("/v1/statistics/audits", params={"group_by": "kind", "limit": limit})
        assert (len(some.json()["groups"]), some.json()["complete"]) == (limit, is_whole)


async def test_no_audits_give_zeroes(stage: Stage) -> None:
    async with stage.machine("audit", "audit:read") as client:
        body = (await client.get("/v1/statistics/audits", params={"group_by": "year"})).json()
    assert body["groups"] == []
    assert (body["total"]["audits"], body["total"]["approved_percent"], body["total"]["mean_score"]) == (0, None, None)
