"""Recomputing what is stored, and finding what was tampered with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scoring.service import country_risks, verifications
from shared.auth.principal import Actor
from shared.ids import new_id
from shared.tasks import run_due
from tests.scoring.feeding import Feeds, drain, finding_event, statements, supplier_event
from tests.stage import Stage

DAY = date(2026, 9, 30)


async def populate(stage: Stage, suppliers: int = 5) -> list[UUID]:
    """Suppliers with a finding each, scored on three days with news in between."""
    feeds, ids = Feeds(stage), [new_id() for _ in range(suppliers)]
    await feeds.tell("registry", *(supplier_event(0, supplier_id, country="TW") for supplier_id in ids))
    findings = {supplier_id: new_id() for supplier_id in ids}
    for n, (supplier_id, finding_id) in enumerate(findings.items()):
        await feeds.tell("audit", finding_event(0, supplier_id, finding_id))
        await drain(stage, DAY + timedelta(n))
    async with stage.resources("scoring").database.transaction() as session:
        figure = country_risks.Figure("TW", 2024, "WGI", 62.5)
        await country_risks.put_figures(session, Actor("tests", None), [figure])
    await drain(stage, DAY + timedelta(40))
    closed = [{"to": "closed", "on": "2026-10-20"}]
    await feeds.tell("audit", *(finding_event(0, s, f, transitions=closed) for s, f in list(findings.items())[:2]))
    await drain(stage, DAY + timedelta(41))
    return ids


async def verify(stage: Stage, scope: str | None = None) -> dict[str, Any]:
    async with stage.machine("scoring") as client:
        asked = await client.post("/v1/verifications", json=None if scope is None else {"scope": scope})
        assert asked.status_code == 202, asked.text
        await stage.run_tasks("scoring")
        answer = await client.get(asked.headers["location"])
        found: dict[str, Any] = answer.json()
        assert found["status"] == "succeeded", found
        return found


async def test_all_scores_and_their_history_come_out_as_they_are_stored(stage: Stage) -> None:
    await populate(stage)
    found = await verify(stage)
    assert (found["scope"], found["checked"], found["total"], found["drifted"]) == ("all", 21, 21, 0)
    current = await verify(stage, "current")
    assert (current["checked"], current["drifted"], current["drifts"]) == (5, 0, [])


@pytest.mark.parametrize(
    ("tampered", "differing"),
    [
        ("score = score + 0.01", ["score"]),
        ("base = 99, credit = 1", ["base", "credit"]),
        ("risk_tier = 'low', tier_reasons = '{}'", ["risk_tier", "tier_reasons"]),
        ("categories[2] = 0", ["categories"]),
        ("as_of = '2026-01-01'", ["score", "base", "categories"]),
        ("registry_pos = 0", list(verifications.scoring.DIGITS)),
    ],
)
async def test_a_tampered_score_is_found_with_what_it_should_be(
    stage: Stage, tampered: str, differing: list[str]
) -> None:
    supplier_id = (await populate(stage, 3))[1]
    (before,) = await stage.psql("scoring", "SELECT score FROM score WHERE supplier_id = $1", supplier_id)
    await stage.psql("scoring", f"UPDATE score SET {tampered} WHERE supplier_id = $1", supplier_id)
    found = await verify(stage, "current")
    assert (found["checked"], found["drifted"]) == (3, 1)
    (drift,) = found["drifts"]
    assert (drift["supplier_id"], drift["history_id"]) == (str(supplier_id), None)
    assert set(differing) <= set(drift["differing"])
    if tampered.startswith("score"):
        assert (drift["stored"]["score"], drift["recomputed"]["score"]) == (before["score"] + 0.01, before["score"])


async def test_a_tampered_row_of_the_history_is_found(stage: Stage) -> None:
    supplier_id, *_ = await populate(stage, 2)
    query = "SELECT id FROM score_history WHERE supplier_id = $1 ORDER BY id LIMIT 1"
    (first,) = await stage.psql("scoring", query, supplier_id)
    await stage.psql("scoring", "UPDATE score_history SET score = 1 WHERE id = $1", first["id"])
    assert (await verify(stage, "current"))["drifted"] == 0
    found = await verify(stage)
    assert [drift["history_id"] for drift in found["drifts"]] == [str(first["id"])]


async def test_evidence_that_was_tampered_with_is_found_and_what_makes_no_sense_tells_on_nobody_else(
    stage: Stage,
) -> None:
    one, _, two = await populate(stage, 3)
    await stage.psql("scoring", "UPDATE finding_copy SET severity = 'unheard-of' WHERE supplier_id = $1", one)
    await stage.psql("scoring", "UPDATE finding_copy SET severity = 'priority' WHERE supplier_id = $1", two)
    found = await verify(stage, "current")
    drifts = {drift["supplier_id"]: drift for drift in found["drifts"]}
    assert drifts.keys() == {str(one), str(two)}
    assert drifts[str(one)]["recomputed"] is None
    assert drifts[str(one)]["error"].startswith("ValueError")
    assert drifts[str(two)]["recomputed"]["risk_tier"] == "high"


async def test_a_verification_whose_worker_dies_goes_on_where_it_was(stage: Stage) -> None:
    await populate(stage)
    async with stage.machine("scoring") as client:
        location = (await client.post("/v1/verifications", json={})).headers["location"]
        resources, looked = stage.resources("scoring"), 0

        async def dies_after_two_chunks(lease: Any) -> None:
            nonlocal looked
            looked += 1
            handler = verifications.task_handlers(resources, chunk=2)[verifications.TASK_KIND]
            await handler(DyingLease(lease, steps=2) if looked == 1 else lease)

        await run_due(resources.database, {verifications.TASK_KIND: dies_after_two_chunks})
        halfway = (await client.get(location)).json()
        assert (halfway["status"], halfway["checked"], halfway["total"]) == ("running", 4, 21)
        await stage.psql("scoring", "UPDATE task SET next_attempt_at = now()")
        await run_due(resources.database, {verifications.TASK_KIND: dies_after_two_chunks})
        done = (await client.get(location)).json()
    assert (done["status"], done["checked"], done["drifted"]) == ("succeeded", 21, 0)


class DyingLease:
    """A lease whose holder dies in the midst of a chunk."""

    def __init__(self, lease: Any, steps: int) -> None:
        self._lease, self._steps = lease, steps
        self.payload = lease.payload

    async def extend(self, session: Any, *, has_advanced: bool = False) -> None:
        if self._steps == 0:
            raise RuntimeError("killed")
        self._steps -= 1
        await self._lease.extend(session, has_advanced=has_advanced)


async def test_many_scores_of_many_days_and_positions_take_no_more_statements_than_few(stage: Stage) -> None:
    counts = []
    for suppliers in (2, 9):
        await stage.clear()
        await populate(stage, suppliers)
        with statements(stage) as seen:
            found = await verify(stage, "current")
        assert found["checked"] == suppliers
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_one_that_is_given_up_says_so(stage: Stage) -> None:
    async with stage.machine("scoring") as client:
        asked = (await client.post("/v1/verifications", json={"scope": "current"})).json()
    payload = {"verification_id": asked["id"], "sub": "x", "client_id": None, "person": False}
    async with stage.resources("scoring").database.transaction() as session:
        await verifications.give_up_verification(session, payload)
    async with stage.machine("scoring") as client:
        listed = (await client.get("/v1/verifications", params={"status": "failed"})).json()["items"]
    assert [(each["id"], "given up" in each["error"]) for each in listed] == [(asked["id"], True)]


async def test_a_sample_is_looked_at_once_an_hour_however_many_workers_there_are(stage: Stage) -> None:
    await populate(stage, 3)
    workers = [verifications.HourlySample(stage.resources("scoring")) for _ in range(3)]
    now = datetime.now(UTC).replace(minute=10)
    assert [await worker.ask(now) for worker in workers] == [True, False, False]
    assert not await workers[0].ask(now + timedelta(minutes=20))
    await stage.run_tasks("scoring")
    async with stage.machine("scoring") as client:
        (sample,) = (await client.get("/v1/verifications", params={"scope": "sample"})).json()["items"]
        assert (sample["status"], sample["checked"], sample["drifted"]) == ("succeeded", 3, 0)
        assert await workers[1].ask(now + timedelta(hours=1))


CHECKED, DRIFTED = (f'bellwether_scores_{what}{{service="scoring"}}' for what in ("checked", "drifted"))


async def test_prometheus_is_told_what_was_checked_what_drifted_and_when(stage: Stage) -> None:
    supplier_id, *_ = await populate(stage, 3)
    before = datetime.now(UTC).timestamp()
    await verify(stage, "sample")
    assert await figures(stage) >= {f"{CHECKED} 3.0", f"{DRIFTED} 0.0"}
    await stage.psql("scoring", "UPDATE score SET base = 1 WHERE supplier_id = $1", supplier_id)
    await verify(stage, "sample")
    told = await figures(stage)
    assert told >= {f"{CHECKED} 6.0", f"{DRIFTED} 1.0"}
    (last,) = [line for line in told if line.startswith("bellwether_scores_verified_timestamp_seconds{")]
    assert before <= float(last.split()[1]) <= datetime.now(UTC).timestamp()


async def figures(stage: Stage) -> set[str]:
    async with stage.caller("scoring") as client:
        return set((await client.get("/metrics")).text.splitlines())


async def test_what_is_asked_wrongly_starts_nothing(stage: Stage) -> None:
    async with stage.machine("scoring", "scoring:read") as reader:
        assert (await reader.post("/v1/verifications", json={})).status_code == 403
        assert (await reader.get(f"/v1/verifications/{new_id()}")).status_code == 404
    async with stage.machine("scoring") as client:
        refused = await client.post("/v1/verifications", json={"scope": "everything"})
        assert refused.json()["errors"][0]["pointer"] == "#/scope"
        assert (await client.get("/v1/verifications")).json()["items"] == []
    async with stage.machine("scoring", "scoring:read", supplier_id=new_id()) as bound:
        assert (await bound.get("/v1/verifications")).status_code == 404
