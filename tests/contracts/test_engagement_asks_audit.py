"""What engagement asks the audit service and takes from its feed, answered by audit's real application."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from services.engagement import clients, tasks
from shared.errors import Unavailable
from tests.audit.programme import add_audit, add_finding, add_supplier, ago, days_ago, finding_in, step
from tests.stage import Stage


@contextmanager
def audit_away(stage: Stage, answering: httpx.AsyncBaseTransport | None = None) -> Iterator[None]:
    """Audit does not answer, or something else does in its place."""
    audit = stage.transport.applications.pop("audit")
    if answering is not None:
        stage.transport.applications["audit"] = answering
    try:
        yield
    finally:
        stage.transport.applications["audit"] = audit


async def pull(stage: Stage) -> None:
    follower = tasks.follower(stage.resources("engagement"))
    while await follower.pull("audit"):
        pass


async def copies(stage: Stage) -> list[dict[str, Any]]:
    rows = await stage.psql("engagement", "SELECT * FROM finding_copy ORDER BY provision")
    return [dict(row) for row in rows]


async def test_findings_are_counted_by_provision_in_engagements_own_name(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    for provision in ("A3", "A3", "C8"):
        await add_finding(stage, audit, provision=provision)
    found = await clients.count_findings_by_provision(stage.resources("engagement"), {"to": days_ago(0), "from": None})
    assert [(group.key, group.code_version, group.findings) for group in found.groups] == [
        ("A3", "8.0", 2),
        ("C8", "8.0", 1),
    ]
    assert (found.total.findings, found.total.suppliers, found.complete) == (3, 1, True)


async def test_without_audit_there_are_no_suggestions_but_a_503(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        with audit_away(stage):
            away = await client.get("/v1/topic-suggestions")
    assert (away.status_code, away.json()["type"].rpartition("/")[2]) == (503, "audit-away")


async def test_an_answer_in_another_shape_is_taken_for_none(stage: Stage) -> None:
    strange = httpx.MockTransport(lambda _: httpx.Response(200, json={"groups": "many"}))
    with audit_away(stage, strange), pytest.raises(Unavailable):
        await clients.count_findings_by_provision(stage.resources("engagement"), {})


async def test_the_copies_of_findings_follow_audits_feed(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    audit = await add_audit(stage)
    finding = await finding_in(stage, audit, "closed")
    await pull(stage)
    (copy,) = await copies(stage)
    assert (str(copy["id"]), str(copy["supplier_id"])) == (finding["id"], supplier_id)
    assert (copy["standard"], copy["code_version"], copy["provision"], copy["severity"]) == (
        "RBA",
        "8.0",
        "A3",
        "major",
    )
    assert (copy["discovered_on"], copy["closed_on"], copy["withdrawn_on"]) == (days_ago(100), days_ago(0), None)
    assert (await step(stage, finding["id"], "reopen", "bob")).status_code == 200
    await pull(stage)
    (reopened,) = await copies(stage)
    assert (reopened["closed_on"], reopened["pos"] > copy["pos"]) == (None, True)
    assert (await step(stage, finding["id"], "withdraw", "bob")).status_code == 200
    await pull(stage)
    (withdrawn,) = await copies(stage)
    assert withdrawn["withdrawn_on"] == days_ago(0)
    assert await stage.psql("engagement", "SELECT * FROM feed_parked") == []


async def test_a_feed_that_starts_over_changes_no_copy_for_the_worse(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, conducted_on=ago(50))
    await finding_in(stage, audit, "closed")
    await pull(stage)
    (before,) = await copies(stage)
    await stage.psql("audit", "UPDATE feed_state SET epoch = gen_random_uuid()")
    await pull(stage)
    (after,) = await copies(stage)
    assert after["pos"] > before["pos"]
    assert {**after, "pos": 0} == {**before, "pos": 0}


async def test_an_event_that_makes_no_sense_is_parked_and_the_others_are_taken_in(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    for provision in ("A1", "A2"):
        await add_finding(stage, audit, provision=provision)
    poison = "UPDATE feed_event SET data = data || '{\"severity\": \"dreadful\"}' WHERE data ->> 'provision' = 'A1'"
    await stage.psql("audit", poison)
    await pull(stage)
    assert [copy["provision"] for copy in await copies(stage)] == ["A2"]
    assert [row["source"] for row in await stage.psql("engagement", "SELECT * FROM feed_parked")] == ["audit"]


def test_audit_rings_for_engagement_which_follows_it(stage: Stage) -> None:
    assert "engagement" in stage.settings("audit").listeners
    assert stage.settings("engagement").followed == ("registry", "audit")
    assert set(tasks.APPLY) == set(stage.settings("engagement").followed)
