"""How the statements of the hot paths are carried out where there is much: by an index, never by reading it all."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event

from benchmarks import statistics as audit_population
from services.scoring.repository import plain_scores
from services.scoring.service import following, scoring
from shared.feed.following import Event
from shared.ids import new_id
from tests.oracle.sql_scoring import RECALCULATE
from tests.scoring.population import populate
from tests.stage import Stage, url_of_role

MANY = 10_000
LARGE = 2_500
TODAY = datetime.now(UTC).date()
READING = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
Statement = tuple[str, tuple[Any, ...]]


@asynccontextmanager
async def connected(stage: Stage, service: str, role: str = "") -> AsyncIterator[asyncpg.Connection]:
    url = url_of_role(stage.servers.admin_url, role or service)
    connection = await asyncpg.connect(url, server_settings={"search_path": service, "jit": "off"})
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def noting(stage: Stage, service: str) -> AsyncIterator[list[Statement]]:
    """Every statement that the service makes through its engine meanwhile."""
    made: list[Statement] = []
    engine = stage.resources(service).database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        made.append((statement, tuple(parameters)))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(engine, "before_cursor_execute", note)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def read_whole(stage: Stage, service: str, statements: list[Statement]) -> set[tuple[str, str]]:
    """Large tables that a statement reads as a whole, each with the statement's beginning."""
    found = set()
    async with connected(stage, service) as connection:
        rows = await connection.fetch("SELECT relname FROM pg_class WHERE reltuples > $1", LARGE)
        large = {row["relname"] for row in rows}
        assert large
        for statement, parameters in statements:
            if not statement.lstrip().upper().startswith(READING):
                continue
            ((plan,),) = await connection.fetch(f"EXPLAIN (FORMAT JSON) {statement}", *parameters)
            for node in nodes(json.loads(plan)[0]["Plan"]):
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large:
                    found.add((node["Relation Name"], " ".join(statement.split())[:120]))
    return found


@pytest.fixture
async def scored(stage: Stage) -> str:
    """Very many scored suppliers; the id of one that is there."""
    async with connected(stage, "scoring", "migrator") as connection:
        await populate(connection, MANY, TODAY)
        await connection.execute("ANALYZE")
        await connection.execute(RECALCULATE, TODAY)
        await connection.execute("ANALYZE")
        found = await connection.fetchval("SELECT supplier_id FROM score ORDER BY supplier_id OFFSET 100 LIMIT 1")
        return str(found)


async def test_scores_are_read_and_made_by_their_indexes(stage: Stage, scored: str) -> None:
    finding_id = new_id()
    told = {
        "supplier_id": scored, "standard": "RBA", "code_version": "8.0", "provision": "A1", "severity": "priority",
        "site_code": None, "discovered_on": TODAY.isoformat(), "due_on": TODAY.isoformat(), "transitions": [],
    }  # fmt: skip
    database = stage.resources("scoring").database
    async with noting(stage, "scoring") as made, stage.machine("scoring") as client:
        for path in (
            f"/v1/scores/{scored}?long=way",
            f"/v1/scores/{scored}/history",
            f"/v1/scores/{scored}/explanation",
            "/v1/scores?limit=100&long=way",
            "/v1/scores?risk_tier=high",
        ):
            assert (await client.get(path)).status_code == 200, path
        async with database.transaction() as session:
            happened = Event(10**9, "finding.created", "finding", finding_id, told, datetime.now(UTC), None)
            await following.apply_events(session, "audit", [happened])
        assert await scoring.drain(database, TODAY) == 1
    made.append((plain_scores.ONE, (scored, TODAY)))
    made.append((plain_scores.LIST, (plain_scores.FIRST, TODAY, 101)))
    assert len(made) > 20
    assert await read_whole(stage, "scoring", made) == set()


async def test_findings_are_read_and_recorded_by_their_indexes(stage: Stage) -> None:
    await audit_population.fill(url_of_role(stage.servers.admin_url, "migrator"), MANY)
    (row,) = await stage.psql("audit", "SELECT id, supplier_id, audit_id FROM finding ORDER BY id LIMIT 1")
    new = {
        "supplier_id": str(row["supplier_id"]), "finding_ref": "new", "code_version": "8.0", "provision": "A1",
        "severity": "minor", "discovered_on": "2026-01-05",
    }  # fmt: skip
    async with noting(stage, "audit") as made, stage.machine("audit") as client:
        assert (await client.post("/v1/findings", json=new)).status_code == 201
        for path in (
            f"/v1/findings/{row['id']}",
            f"/v1/findings?supplier_id={row['supplier_id']}",
            f"/v1/audits/{row['audit_id']}/findings",
            "/v1/findings?finding_ref=F7",
            "/v1/findings?limit=100",
            "/v1/feed?after=0",
        ):
            assert (await client.get(path)).status_code == 200, path
    assert len(made) > 10
    assert await read_whole(stage, "audit", made) == set()
