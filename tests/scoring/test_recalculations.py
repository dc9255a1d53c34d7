"""Scoring every supplier anew: ordering it, doing it chunk by chunk beside everything else, and calling it off."""

import asyncio
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.scoring.repository import recalculations as repository
from services.scoring.repository import scores
from services.scoring.service import recalculating, recalculations, scoring
from shared.auth.principal import Actor
from shared.ids import new_id
from tests.scoring.feeding import finding_event, supplier_event, take_in
from tests.scoring.test_flow import NOTHING_KNOWN, score_of, until_somebody_waits_for_a_lock
from tests.stage import Stage

TODAY = scoring.today()
OVERDUE_MAJOR = 2.25
"""What a finding at a site that was never assessed takes: 12 x 1.5 points of labor, times 0.25 x 0.5."""
CLERK = Actor("clerk", None)


async def add_suppliers(stage: Stage, count: int) -> list[UUID]:
    """Suppliers with their first score."""
    suppliers = [new_id() for _ in range(count)]
    await take_in(stage, "registry", *(supplier_event(n, i) for n, i in enumerate(suppliers, start=1)))
    await settle(stage)
    return suppliers


async def settle(stage: Stage) -> None:
    """Score whoever is dirty."""
    while await scoring.drain(stage.resources("scoring").database, TODAY):
        pass


async def spoil(stage: Stage, suppliers: Sequence[UUID], score: float = 1.0) -> None:
    """Have scores say something else than the evidence, as after a change of the rules."""
    await stage.psql("scoring", "UPDATE score SET score = $2 WHERE supplier_id = ANY($1)", suppliers, score)


async def order(stage: Stage, reason: str = "other rules") -> UUID:
    async with stage.resources("scoring").database.transaction() as session:
        return (await recalculations.order_recalculation(session, CLERK, reason)).id


async def cut(stage: Stage, size: int) -> None:
    assert await recalculating.start_or_finish(stage.resources("scoring").database, size)


async def finish(stage: Stage, size: int = 3) -> None:
    """Do all there is to do."""
    while await recalculating.take_step(stage.resources("scoring").database, size):
        pass


async def state(stage: Stage, recalculation_id: object) -> dict[str, Any]:
    async with stage.machine("scoring", "scoring:read") as client:
        answer = await client.get(f"/v1/recalculations/{recalculation_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


async def happened(stage: Stage) -> list[str]:
    rows = await stage.psql("scoring", "SELECT type FROM feed_event WHERE resource = 'recalculation' ORDER BY id")
    return [row["type"] for row in rows]


async def test_every_supplier_is_scored_anew_and_the_progress_is_told(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 10)
    await spoil(stage, suppliers[:4])
    async with stage.machine("scoring", "scoring:write", "scoring:read") as client:
        answer = await client.post("/v1/recalculations", json={"reason": "a restored backup"})
        assert answer.status_code == 202, answer.text
        path = answer.headers["location"]
        queued = answer.json()
        assert (queued["status"], queued["total"], queued["percent"], queued["chunks"]) == ("queued", None, 0.0, 0)
        assert not (await client.get("/v1/freshness")).json()["fresh"]
        await cut(stage, 3)
        assert await recalculating.do_chunk(stage.resources("scoring").database, TODAY)
        running = await client.get(path)
        half = running.json()
        assert (half["status"], half["total"], half["done"], half["percent"]) == ("running", 10, 3, 30.0)
        assert (half["chunks"], half["chunks_done"], half["changed"]) == (4, 1, 3)
        assert half["suppliers_per_second"] > 0
        assert half["expected_at"] is not None
        await finish(stage)
        after = await client.get(path)
        done = after.json()
        assert running.headers["etag"] != after.headers["etag"]
        assert (done["status"], done["done"], done["percent"], done["changed"]) == ("succeeded", 10, 100.0, 4)
        assert (done["expected_at"], done["finished_at"] is not None) == (None, True)
        assert (await client.get("/v1/freshness")).json()["recalculating"] is False
        (listed,) = (await client.get("/v1/recalculations", params={"status": "succeeded"})).json()["items"]
        assert listed == done
    assert [await score_of(stage, i) for i in suppliers] == [NOTHING_KNOWN] * 10
    assert await happened(stage) == ["recalculation.ordered", "recalculation.started", "recalculation.succeeded"]


async def test_scores_that_come_out_the_same_are_not_written_again(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 6)
    await spoil(stage, suppliers[:2])
    query = "SELECT supplier_id, xmin::text, computed_at FROM score ORDER BY supplier_id"
    before = {row["supplier_id"]: tuple(row) for row in await stage.psql("scoring", query)}
    await order(stage)
    await finish(stage)
    after = {row["supplier_id"]: tuple(row) for row in await stage.psql("scoring", query)}
    assert [after[i] == before[i] for i in suppliers] == [False, False, True, True, True, True]
    history = await stage.psql("scoring", "SELECT supplier_id FROM score_history")
    assert sorted(row[0] for row in history) == sorted([*suppliers, *suppliers[:2]])
    told = await stage.psql("scoring", "SELECT resource_id, version FROM feed_event WHERE type = 'score.changed'")
    assert sorted(map(tuple, told)) == sorted([*((i, 1) for i in suppliers), *((i, 2) for i in suppliers[:2])])


async def test_a_last_day_that_has_moved_is_written_though_no_digit_changed(stage: Stage) -> None:
    (supplier,) = await add_suppliers(stage, 1)
    await stage.psql("scoring", "UPDATE score SET valid_until = $1", date(2031, 1, 1))
    recalculation_id = await order(stage)
    await finish(stage)
    (row,) = await stage.psql("scoring", "SELECT valid_until, version FROM score WHERE supplier_id = $1", supplier)
    assert tuple(row) == (None, 1)
    assert (await state(stage, recalculation_id))["changed"] == 0


async def test_what_is_dirty_goes_before_the_next_chunk(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 9)
    database = stage.resources("scoring").database
    recalculation_id = await order(stage)
    await cut(stage, 3)
    assert await recalculating.take_step(database)
    await take_in(stage, "audit", finding_event(1, suppliers[8]))
    assert await recalculating.take_step(database)
    assert await score_of(stage, suppliers[8]) == NOTHING_KNOWN - OVERDUE_MAJOR
    assert (await state(stage, recalculation_id))["chunks_done"] == 1


async def test_evidence_that_comes_while_its_chunk_is_being_scored_is_scored_afterwards(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 3)
    await spoil(stage, suppliers)
    await order(stage)
    await cut(stage, 3)
    database = stage.resources("scoring").database
    async with database.sessions() as working:
        chunk = await repository.lock_next_chunk(working)
        assert chunk is not None
        ids = await scores.lock_range(working, chunk.first_id, chunk.last_id)
        await scoring.score_held(working, ids, TODAY, evidence_came={})
        await take_in(stage, "audit", finding_event(1, suppliers[0]))  # does not wait for the chunk
        draining = asyncio.create_task(scoring.drain(database, TODAY))
        await until_somebody_waits_for_a_lock(stage)
        await working.commit()
        assert await draining == 1
    assert await score_of(stage, suppliers[0]) == NOTHING_KNOWN - OVERDUE_MAJOR
    versions = "SELECT version FROM feed_event WHERE type = 'score.changed' AND resource_id = $1 ORDER BY version"
    assert [row[0] for row in await stage.psql("scoring", versions, suppliers[0])] == [1, 2, 3]


async def test_a_chunk_does_not_overwrite_what_a_drain_under_way_makes_of_newer_evidence(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 3)
    await order(stage)
    await cut(stage, 3)
    await take_in(stage, "audit", finding_event(1, suppliers[1]))
    database = stage.resources("scoring").database
    async with database.sessions() as draining:
        locked = await scores.lock_dirty(draining, 10)
        await scoring.score_locked(draining, list(locked), TODAY, evidence_came=locked)
        chunk = asyncio.create_task(recalculating.do_chunk(database, TODAY))
        await until_somebody_waits_for_a_lock(stage)
        await scores.clear_dirty(draining, locked)
        await draining.commit()
        assert await chunk
    assert await score_of(stage, suppliers[1]) == NOTHING_KNOWN - OVERDUE_MAJOR


async def test_a_first_score_that_a_drain_is_just_making_is_not_passed_over(stage: Stage) -> None:
    """It may be made by the rules from before the order, and there is no row of it yet for the chunk to wait for."""
    await add_suppliers(stage, 2)
    newcomer = new_id()
    await take_in(stage, "registry", supplier_event(3, newcomer))
    database = stage.resources("scoring").database
    async with database.sessions() as draining:
        locked = await scores.lock_dirty(draining, 10)
        await scoring.score_locked(draining, list(locked), TODAY, evidence_came=locked)
        await draining.execute(text("UPDATE score SET score = 1 WHERE supplier_id = :id"), {"id": newcomer})
        await scores.clear_dirty(draining, locked)
        await order(stage)
        await cut(stage, 2)
        chunk = asyncio.create_task(recalculating.do_chunk(database, TODAY))
        await until_somebody_waits_for_a_lock(stage)
        await draining.commit()
        assert await chunk
    assert await score_of(stage, newcomer) == NOTHING_KNOWN


async def test_dirty_suppliers_are_left_to_their_mark(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 3)
    await take_in(stage, "audit", finding_event(1, suppliers[0]))
    await order(stage)
    await cut(stage, 3)
    database = stage.resources("scoring").database
    assert await recalculating.do_chunk(database, TODAY)
    assert await score_of(stage, suppliers[0]) == NOTHING_KNOWN
    await settle(stage)
    history = await stage.psql("scoring", "SELECT score FROM score_history WHERE supplier_id = $1", suppliers[0])
    assert sorted(row[0] for row in history) == [NOTHING_KNOWN - OVERDUE_MAJOR, NOTHING_KNOWN]


async def test_suppliers_that_cannot_be_scored_are_put_off_and_hold_no_chunk_up(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 8)
    await take_in(stage, "audit", *(finding_event(n, suppliers[n]) for n in (2, 5)))
    await settle(stage)
    await spoil(stage, suppliers)
    await stage.psql("scoring", "UPDATE finding_copy SET severity = 'unheard-of'")
    recalculation_id = await order(stage)
    await finish(stage, 8)
    done = await state(stage, recalculation_id)
    assert (done["status"], done["changed"]) == ("succeeded", 6)
    left = await stage.psql("scoring", "SELECT supplier_id, attempts, last_error FROM dirty ORDER BY supplier_id")
    assert [(row[0], row[1]) for row in left] == [(suppliers[2], 1), (suppliers[5], 1)]
    assert "ValueError" in left[0]["last_error"]
    healthy = [i for n, i in enumerate(suppliers) if n not in (2, 5)]
    assert [await score_of(stage, i) for i in healthy] == [NOTHING_KNOWN] * 6


async def test_many_workers_do_each_chunk_once_and_finish_once(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 60)
    await spoil(stage, suppliers)
    recalculation_id = await order(stage)
    database = stage.resources("scoring").database

    async def work() -> None:
        while await recalculating.take_step(database, 4):
            pass

    await asyncio.gather(*(work() for _ in range(5)))
    await finish(stage)
    done = await state(stage, recalculation_id)
    assert (done["status"], done["chunks"], done["changed"]) == ("succeeded", 15, 60)
    history = await stage.psql("scoring", "SELECT count(*) AS n FROM score_history")
    assert history[0]["n"] == 2 * 60
    assert await happened(stage) == ["recalculation.ordered", "recalculation.started", "recalculation.succeeded"]


async def test_without_any_supplier_there_is_nothing_to_do(stage: Stage) -> None:
    recalculation_id = await order(stage)
    await finish(stage)
    done = await state(stage, recalculation_id)
    assert (done["status"], done["total"], done["chunks"], done["percent"]) == ("succeeded", 0, 0, 100.0)


async def test_chunks_leave_no_gap_between_them(stage: Stage) -> None:
    await add_suppliers(stage, 10)
    await order(stage)
    await cut(stage, 4)
    query = "SELECT first_id, last_id, suppliers FROM recalculation_chunk ORDER BY n"
    chunks = await stage.psql("scoring", query)
    assert [row["suppliers"] for row in chunks] == [4, 4, 2]
    assert (chunks[0]["first_id"].int, chunks[-1]["last_id"].int) == (0, 2**128 - 1)
    assert all(one["last_id"].int + 1 == other["first_id"].int for one, other in pairwise(chunks))


async def test_a_cancelled_one_stops_where_it_is(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 9)
    await spoil(stage, suppliers)
    recalculation_id = await order(stage)
    await cut(stage, 3)
    database = stage.resources("scoring").database
    assert await recalculating.do_chunk(database, TODAY)
    async with stage.machine("scoring", "scoring:write", "scoring:read") as client:
        path = f"/v1/recalculations/{recalculation_id}"
        assert (await client.post(f"{path}/cancel")).status_code == 428
        assert (await client.post(f"{path}/cancel", headers={"If-Match": '"1"'})).status_code == 412
        etag = (await client.get(path)).headers["etag"]
        answer = await client.post(f"{path}/cancel", headers={"If-Match": etag})
        assert (answer.status_code, answer.json()["status"], answer.json()["done"]) == (200, "cancelled", 3)
        again = await client.post(f"{path}/cancel", headers={"If-Match": answer.headers["etag"]})
        assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "recalculation-closed")
    assert not await recalculating.take_step(database)
    assert [await score_of(stage, i) for i in suppliers] == [NOTHING_KNOWN] * 3 + [1.0] * 6
    assert (await happened(stage))[-1] == "recalculation.cancelled"


async def test_a_second_one_is_refused_while_one_is_open(stage: Stage) -> None:
    await add_suppliers(stage, 1)
    async with stage.machine("scoring", "scoring:write") as client:
        first = (await client.post("/v1/recalculations", json={"reason": "one"})).json()
        second = await client.post("/v1/recalculations", json={"reason": "two"})
        assert (second.status_code, second.json()["recalculation_id"]) == (409, first["id"])
        await finish(stage)
        assert (await client.post("/v1/recalculations", json={"reason": "three"})).status_code == 202


async def test_what_the_rules_order_takes_the_place_of_an_open_one_from_the_start(stage: Stage) -> None:
    suppliers = await add_suppliers(stage, 6)
    first = await order(stage)
    await cut(stage, 3)
    assert await recalculating.do_chunk(stage.resources("scoring").database, TODAY)
    await spoil(stage, suppliers)  # what changes after the first chunk was done
    second = await order(stage)
    await finish(stage)
    assert (await state(stage, first))["status"] == "cancelled"
    assert (await state(stage, second))["changed"] == 6
    assert "recalculation.superseded" in await happened(stage)


async def test_of_two_orders_at_once_one_is_open_in_the_end(stage: Stage) -> None:
    await asyncio.gather(*(order(stage) for _ in range(4)))
    rows = await stage.psql("scoring", "SELECT status, count(*) FROM recalculation GROUP BY status ORDER BY status")
    assert [tuple(row) for row in rows] == [("cancelled", 3), ("queued", 1)]


async def test_the_reason_is_kept_here_and_not_told_to_the_feed(stage: Stage) -> None:
    async with stage.machine("scoring") as client:
        answer = await client.post("/v1/recalculations", json={"reason": "Ms. Chen asked for it"})
        assert answer.json()["reason"] == "Ms. Chen asked for it"
        entries = (await client.get("/v1/audit-log", params={"resource_id": answer.json()["id"]})).json()["items"]
        feed = (await client.get("/v1/feed")).text
    assert entries[0]["changes"]["reason"] == [None, "Ms. Chen asked for it"]
    assert "Chen" not in feed


async def test_bad_requests_are_refused_and_change_nothing(stage: Stage) -> None:
    async with stage.machine("scoring", "scoring:write") as client:
        for body, pointer in (({}, "#/reason"), ({"reason": " "}, "#/reason"), ({"reason": "x", "all": 1}, "#/all")):
            refused = await client.post("/v1/recalculations", json=body)
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"] == pointer
    async with stage.machine("scoring", "scoring:read") as client:
        assert (await client.post("/v1/recalculations", json={"reason": "x"})).status_code == 403
        assert (await client.get(f"/v1/recalculations/{new_id()}")).status_code == 404
    async with stage.machine("scoring", "scoring:read", supplier_id=new_id()) as client:
        assert (await client.get("/v1/recalculations")).status_code == 404
    assert await stage.psql("scoring", "SELECT 1 FROM recalculation") == []
