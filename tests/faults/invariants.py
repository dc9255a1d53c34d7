"""What holds after every fault: each event was taken in once, and each score is what the evidence comes to."""

from typing import Any

from sqlalchemy import select

from services.scoring.repository.scores import SCORE
from services.scoring.service import recomputing
from services.scoring.service.following import KEPT, SOURCES
from services.scoring.service.policy.calendar import read_calendar
from shared.db import table_of
from tests.faults.programme import Programme
from tests.stage import Stage


async def feed_of(stage: Stage, source: str) -> list[dict[str, Any]]:
    """Every event of a source's feed."""
    events: list[dict[str, Any]] = []
    after = 0
    async with stage.machine(source) as client:
        while True:
            page = (await client.get("/v1/feed", params={"after": after, "limit": 5000})).json()
            events += page["events"]
            after = page["next"]
            if after == page["head"]:
                return events


async def every_event_was_taken_in_once(stage: Stage) -> int:
    """Each cursor is at its feed's head, each copy is of its resource's newest event; returns how many events."""
    seen = 0
    assert [dict(row) for row in await stage.psql("scoring", "SELECT source, pos, error FROM feed_parked")] == []
    for source in SOURCES:
        events = await feed_of(stage, source)
        seen += len(events)
        (cursor,) = await stage.psql("scoring", "SELECT seq, base FROM feed_cursor WHERE source = $1", source)
        assert cursor["seq"] == (events[-1]["feedseq"] if events else 0), source
        for (owner, resource), (model, read) in KEPT.items():
            if owner != source:
                continue
            told: dict[str, list[int]] = {}
            for event in events:
                if event["type"].split(".")[0] == resource and read(event["subject"], event["data"]) is not None:
                    told.setdefault(event["subject"], []).append(cursor["base"] + event["feedseq"])
            name = table_of(model).name
            rows = await stage.psql("scoring", f"SELECT id, pos FROM {name} WHERE superseded_pos IS NULL")
            held = {str(row["id"]): row["pos"] for row in rows}
            assert len(rows) == len(held), f"{name} holds two versions of one resource as its newest"
            assert held.keys() == told.keys(), name
            if not cursor["base"]:
                # An event that changes no evidence makes no version, so the newest version may be an older event's.
                assert all(held[subject] in places for subject, places in told.items()), name
    return seen


async def every_score_is_what_the_evidence_comes_to(stage: Stage, programme: Programme) -> int:
    """By the plain reading of what was written, and by a recomputation at the score's own positions."""
    async with stage.machine("scoring") as client:
        for supplier_id in programme.suppliers:
            shown = (await client.get(f"/v1/scores/{supplier_id}")).json()
            expected = programme.expected(supplier_id)
            told = (shown["score"], shown["base"], shown["credit"], shown["risk_tier"])
            assert told == (expected.score, expected.base, expected.credit, expected.risk_tier), supplier_id
    async with stage.resources("scoring").database.snapshot() as session:
        rows = (await session.execute(select(SCORE))).all()
        found = await recomputing.recompute(session, rows, await read_calendar(session))
        wrong = [row.supplier_id for each, row in zip(found, rows, strict=True) if each.differences(row)]
    assert wrong == []
    assert await stage.psql("scoring", "SELECT supplier_id FROM dirty") == []
    return len(programme.suppliers)


async def all_holds(stage: Stage, programme: Programme) -> None:
    """Both."""
    await every_event_was_taken_in_once(stage)
    await every_score_is_what_the_evidence_comes_to(stage, programme)
