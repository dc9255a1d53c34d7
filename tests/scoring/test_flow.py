"""The interleavings that the flow from a feed to a score guards against, each with real connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.scoring.repository import scores
from services.scoring.service import country_risks, following, reading, scoring
from shared.auth.principal import Actor
from shared.feed import following as feed_following
from shared.feed.following import Cursor, Lost, move_cursor
from shared.ids import new_id
from tests.scoring.feeding import drain, finding_event, supplier_event, take_in
from tests.stage import Stage, url_of_role

DAY = date(2026, 9, 30)
NOTHING_KNOWN = 56.5


async def score_of(stage: Stage, supplier_id: object) -> float:
    rows = await stage.psql("scoring", "SELECT score FROM score WHERE supplier_id = $1", supplier_id)
    return float(rows[0]["score"])


async def until_somebody_waits_for_a_lock(stage: Stage) -> None:
    """Until another connection of the scoring service is held up by a row lock."""
    query = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'scoring'"
    while not (await stage.psql("scoring", query))[0]["n"]:  # noqa: ASYNC110  # it happens inside PostgreSQL
        await asyncio.sleep(0.01)


async def test_a_change_that_comes_while_its_supplier_is_being_scored_is_scored_afterwards(stage: Stage) -> None:
    supplier_id = new_id()
    await take_in(stage, "registry", supplier_event(1, supplier_id))
    database = stage.resources("scoring").database
    async with database.sessions() as draining:
        locked = await scores.lock_dirty(draining, 10)
        await scoring.score_locked(draining, list(locked), DAY, evidence_came=locked)
        arriving = asyncio.create_task(take_in(stage, "audit", finding_event(1, supplier_id)))
        await until_somebody_waits_for_a_lock(stage)
        await scores.clear_dirty(draining, locked)
        await draining.commit()
        await arriving
    assert await score_of(stage, supplier_id) == NOTHING_KNOWN
    await drain(stage, DAY)
    # the finding at a site that was never assessed takes 12 x 1.5 points of labor: 0.25 x 0.5 x 18
    assert await score_of(stage, supplier_id) == NOTHING_KNOWN - 2.25


async def test_of_two_workers_with_the_same_page_one_applies_it_and_the_other_gives_up(stage: Stage) -> None:
    supplier_id = new_id()
    page = [supplier_event(1, supplier_id), supplier_event(2, supplier_id, name="Somebody else")]
    epoch = new_id()
    database = stage.resources("scoring").database
    held = await feed_following.read_cursor(database, "registry")

    async def take_page() -> str:
        try:
            async with database.transaction() as session:
                await move_cursor(session, "registry", held, epoch, 2)
                await following.apply_events(session, "registry", page)
        except Lost:
            return "lost"
        return "applied"

    outcomes = await asyncio.gather(*(take_page() for _ in range(4)))
    assert sorted(outcomes) == ["applied", "lost", "lost", "lost"]
    versions = await stage.psql("scoring", "SELECT pos, superseded_pos FROM supplier_copy ORDER BY pos")
    assert [tuple(row) for row in versions] == [(1, 2), (2, None)]
    assert (await feed_following.read_cursor(database, "registry")) == Cursor(epoch, 2, 0)


async def test_an_event_that_is_committed_late_is_read_after_those_that_came_before_it(stage: Stage) -> None:
    """Its id is older than the other's; a reader that went by ids would have passed it."""
    registry = stage.resources("registry").database
    async with registry.sessions() as late:
        await late.execute(
            text(
                "INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)"
                " VALUES ('00000000-0000-7000-8000-000000000001', 'site.created', 'site',"
                " gen_random_uuid(), 1, now(), '{}')"
            )
        )
        async with stage.machine("registry") as client:
            await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})
            first = (await client.get("/v1/feed")).json()
            await late.commit()
            second = (await client.get("/v1/feed", params={"after": first["next"]})).json()
    assert [event["type"] for event in first["events"]] == ["supplier.created"]
    assert [event["type"] for event in second["events"]] == ["site.created"]
    assert [event["feedseq"] for event in second["events"]] == [2]


async def test_evidence_of_a_supplier_that_is_not_yet_known_waits_and_then_counts(stage: Stage) -> None:
    supplier_id = new_id()
    await take_in(stage, "audit", finding_event(1, supplier_id))
    await drain(stage, DAY)
    assert await stage.psql("scoring", "SELECT 1 FROM score") == []
    await take_in(stage, "registry", supplier_event(1, supplier_id))
    await drain(stage, DAY)
    assert await score_of(stage, supplier_id) == NOTHING_KNOWN - 2.25


async def test_a_due_date_that_passes_at_midnight_changes_the_score_though_nothing_happened(stage: Stage) -> None:
    supplier_id = new_id()
    await take_in(stage, "registry", supplier_event(1, supplier_id))
    await take_in(stage, "audit", finding_event(1, supplier_id, due_on=DAY.isoformat()))
    await drain(stage, DAY)
    assert await score_of(stage, supplier_id) == NOTHING_KNOWN - 1.5
    database = stage.resources("scoring").database
    tomorrow = DAY + timedelta(days=1)
    async with database.snapshot() as session:
        # Asked after midnight and before the tick: the stored score is out of date and not served as current.
        view = await reading.read_score(session, supplier_id, reading.When(), tomorrow)
    assert (view["score"], view["as_of"]) == (NOTHING_KNOWN - 2.25, tomorrow)
    async with database.transaction() as session:
        assert await scores.mark_expired(session, DAY) == 0
        assert await scores.mark_expired(session, tomorrow) == 1
    await drain(stage, tomorrow)
    assert await score_of(stage, supplier_id) == NOTHING_KNOWN - 2.25


async def test_many_workers_score_each_supplier_once(stage: Stage) -> None:
    suppliers = [new_id() for _ in range(60)]
    await take_in(stage, "registry", *(supplier_event(n, i) for n, i in enumerate(suppliers, start=1)))
    database = stage.resources("scoring").database

    async def work() -> int:
        dealt = 0
        while part := await scoring.drain(database, DAY, limit=7):
            dealt += part
        return dealt

    dealt = await asyncio.gather(*(work() for _ in range(4)))
    history = await stage.psql(
        "scoring", "SELECT count(*) AS n, count(DISTINCT supplier_id) AS suppliers FROM score_history"
    )
    assert sum(dealt) == len(suppliers)
    assert tuple(history[0]) == (len(suppliers), len(suppliers))


@asynccontextmanager
async def no_room_for_scores(stage: Stage) -> AsyncIterator[None]:
    """PostgreSQL says that its disk is full whenever a score is to be stored."""
    connection = await asyncpg.connect(
        url_of_role(stage.servers.admin_url, "migrator"), server_settings={"search_path": "scoring"}
    )
    await connection.execute("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON score FOR EACH ROW EXECUTE FUNCTION refuse();
    """)
    try:
        yield
    finally:
        await connection.execute("DROP TRIGGER refuse ON score; DROP FUNCTION refuse()")
        await connection.close()


async def test_an_outage_while_suppliers_are_scored_one_by_one_puts_nobody_off(stage: Stage) -> None:
    poisoned, healthy = new_id(), new_id()
    await take_in(stage, "registry", supplier_event(1, poisoned), supplier_event(2, healthy))
    await take_in(stage, "audit", finding_event(1, poisoned))
    await stage.psql("scoring", "UPDATE finding_copy SET severity = 'unheard-of'")
    async with no_room_for_scores(stage):
        with pytest.raises(DBAPIError, match="no room"):
            await drain(stage, DAY)
        attempts = await stage.psql("scoring", "SELECT attempts FROM dirty WHERE supplier_id = $1", healthy)
    assert [row["attempts"] for row in attempts] == [0]
    await drain(stage, DAY)
    assert await score_of(stage, healthy) == NOTHING_KNOWN


async def test_a_supplier_that_cannot_be_scored_is_put_off_and_holds_nobody_up(stage: Stage) -> None:
    poisoned, healthy = new_id(), new_id()
    await take_in(stage, "registry", supplier_event(1, poisoned), supplier_event(2, healthy))
    await take_in(stage, "audit", finding_event(1, poisoned))
    await stage.psql("scoring", "UPDATE finding_copy SET severity = 'unheard-of'")
    await drain(stage, DAY)
    assert await score_of(stage, healthy) == NOTHING_KNOWN
    (left,) = await stage.psql("scoring", "SELECT supplier_id, attempts, last_error FROM dirty")
    assert (left["supplier_id"], left["attempts"]) == (poisoned, 1)
    assert "ValueError" in left["last_error"]


@pytest.mark.parametrize("again", ["the same event", "an older event"])
async def test_what_comes_twice_or_too_late_changes_nothing(stage: Stage, again: str) -> None:
    supplier_id, finding_id = new_id(), new_id()
    await take_in(stage, "registry", supplier_event(1, supplier_id))
    await take_in(stage, "audit", finding_event(5, supplier_id, finding_id, severity="minor"))
    await drain(stage, DAY)
    before = await score_of(stage, supplier_id)
    pos, severity = (5, "minor") if again == "the same event" else (4, "priority")
    await take_in(stage, "audit", finding_event(pos, supplier_id, finding_id, severity=severity))
    assert await stage.psql("scoring", "SELECT 1 FROM dirty") == []
    assert await score_of(stage, supplier_id) == before


async def test_a_finding_that_goes_to_another_supplier_changes_both(stage: Stage) -> None:
    one, two, finding_id = new_id(), new_id(), new_id()
    await take_in(stage, "registry", supplier_event(1, one), supplier_event(2, two))
    await take_in(stage, "audit", finding_event(1, one, finding_id))
    await drain(stage, DAY)
    await take_in(stage, "audit", finding_event(2, two, finding_id))
    await drain(stage, DAY)
    assert await score_of(stage, one) == NOTHING_KNOWN
    assert await score_of(stage, two) == NOTHING_KNOWN - 2.25


async def test_an_event_that_makes_no_sense_is_parked_until_a_newer_one_of_its_resource_makes_up_for_it(
    stage: Stage,
) -> None:
    supplier_id = new_id()
    await take_in(stage, "registry", supplier_event(1, supplier_id))
    senseless, sound = finding_event(1, supplier_id, severity="unheard-of"), finding_event(2, supplier_id)
    events = [
        {"type": e.type, "subject": str(e.resource_id), "feedseq": e.pos, "data": e.data} for e in (senseless, sound)
    ]

    async def fetch(_source: str, _after: int, _epoch: UUID | None) -> dict[str, Any]:
        return {"epoch": str(UUID(int=1)), "events": events, "next": 2, "head": 2}

    database = stage.resources("scoring").database
    follower = feed_following.Follower(database, fetch, following.apply_events, following.note_incomplete)
    assert not await follower.pull("audit")
    await drain(stage, DAY)
    (parked,) = await stage.psql("scoring", "SELECT pos, error FROM feed_parked")
    assert (parked["pos"], "unheard-of" in parked["error"]) == (1, True)
    async with stage.machine("scoring") as client:
        score = (await client.get(f"/v1/scores/{supplier_id}")).json()
    assert score["incomplete"]
    assert await score_of(stage, supplier_id) == NOTHING_KNOWN - 2.25
    await take_in(stage, "audit", finding_event(3, supplier_id, senseless.resource_id, severity="minor"))
    await drain(stage, DAY)
    async with stage.machine("scoring") as client:
        mended = (await client.get(f"/v1/scores/{supplier_id}")).json()
    assert not mended["incomplete"]
    assert await stage.psql("scoring", "SELECT 1 FROM feed_parked") == []


async def test_a_supplier_and_evidence_on_it_that_are_taken_in_at_the_same_time_miss_nothing(stage: Stage) -> None:
    supplier_id = new_id()
    database = stage.resources("scoring").database
    async with database.sessions() as audit_page:
        await following.apply_events(audit_page, "audit", [finding_event(1, supplier_id)])
        registry_page = asyncio.create_task(take_in(stage, "registry", supplier_event(1, supplier_id)))
        await until_somebody_waits_for_a_lock(stage)
        await drain(stage, DAY)
        await audit_page.commit()
        await registry_page
    await drain(stage, DAY)
    assert await score_of(stage, supplier_id) == NOTHING_KNOWN - 2.25


async def test_a_merge_and_evidence_on_the_merged_supplier_at_the_same_time_miss_nothing(stage: Stage) -> None:
    survivor, merged = new_id(), new_id()
    await take_in(stage, "registry", supplier_event(1, survivor), supplier_event(2, merged))
    await drain(stage, DAY)
    database = stage.resources("scoring").database
    async with database.sessions() as registry_page:
        merge = supplier_event(3, merged, merged_into=str(survivor))
        await following.apply_events(registry_page, "registry", [merge])
        audit_page = asyncio.create_task(take_in(stage, "audit", finding_event(1, merged)))
        await until_somebody_waits_for_a_lock(stage)
        await registry_page.commit()
        await drain(stage, DAY)
        await audit_page
    await drain(stage, DAY)
    assert await score_of(stage, survivor) == NOTHING_KNOWN - 2.25


async def test_a_country_risk_and_a_new_supplier_of_the_country_at_the_same_time_miss_nothing(stage: Stage) -> None:
    supplier_id = new_id()
    database = stage.resources("scoring").database
    async with database.sessions() as risk:
        figure = country_risks.Figure("TW", 2024, "WGI", 90.0)
        await country_risks.put_figures(risk, Actor("tests", None), [figure])
        registry_page = asyncio.create_task(take_in(stage, "registry", supplier_event(1, supplier_id, country="TW")))
        await until_somebody_waits_for_a_lock(stage)
        await risk.commit()
        await registry_page
    await drain(stage, DAY)
    assert await score_of(stage, supplier_id) == 65.5


async def test_whoever_has_news_of_its_own_goes_before_the_suppliers_of_a_country(stage: Stage) -> None:
    suppliers = [new_id() for _ in range(6)]
    await take_in(stage, "registry", *(supplier_event(n, i, country="TW") for n, i in enumerate(suppliers, start=1)))
    await drain(stage, DAY)
    database = stage.resources("scoring").database
    async with database.transaction() as session:
        figure = country_risks.Figure("TW", 2024, "WGI", 90.0)
        await country_risks.put_figures(session, Actor("tests", None), [figure])
    await take_in(stage, "audit", finding_event(1, suppliers[5]))
    assert await scoring.drain(database, DAY, limit=1) == 1
    assert await score_of(stage, suppliers[5]) == 65.5 - 2.25
    await drain(stage, DAY)
    assert [await score_of(stage, i) for i in suppliers[:5]] == [65.5] * 5


async def test_how_long_evidence_took_to_its_score_is_measured_once_for_each_supplier(stage: Stage) -> None:
    def counted() -> tuple[float, float]:
        samples = {sample.name: sample.value for sample in next(iter(scoring.EVIDENCE_TO_SCORE.collect())).samples}
        return tuple(samples[f"bellwether_evidence_to_score_seconds_{what}"] for what in ("count", "sum"))  # type: ignore[return-value]

    await stage.settle()
    before = counted()
    async with stage.machine("registry") as client:
        for code in ("S1", "S2"):
            await client.post("/v1/suppliers", json={"code": code, "name": code})
    await stage.psql(
        "registry", "UPDATE feed_event SET time = time - interval '90 seconds' WHERE data ->> 'code' = 'S1'"
    )
    await stage.settle()
    after = counted()
    assert after[0] - before[0] == 2
    assert 90 < after[1] - before[1] < 100
