"""How the statements of the hot paths are carried out where there is much: by an index, never by reading it all."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

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
ADDING = ('INSERT INTO "finding_copy"', "WITH given AS MATERIALIZED (SELECT * FROM unnest(")
"""What cannot be carried out once more: it adds rows that are there by then, and looks for nothing else."""
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

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        made.append((statement, tuple(given[0] if many else given)))

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


async def rows_looked_at(stage: Stage, service: str, statements: list[Statement]) -> dict[tuple[str, str], int]:
    """How many rows of each table a statement looks at when it is carried out once more (and taken back)."""
    found: dict[tuple[str, str], int] = {}
    async with connected(stage, service) as connection:
        for statement, parameters in statements:
            beginning = " ".join(statement.split())[:120]
            if not statement.lstrip().upper().startswith(READING) or beginning.startswith(ADDING):
                continue
            undone = connection.transaction()
            await undone.start()
            ((plan,),) = await connection.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *parameters)
            await undone.rollback()
            for node in nodes(json.loads(plan)[0]["Plan"]):
                if "Relation Name" in node and node["Node Type"] != "ModifyTable":
                    removed = (node.get(f"Rows Removed by {by}", 0) for by in ("Filter", "Index Recheck"))
                    looked_at = round((node["Actual Rows"] + sum(removed)) * node["Actual Loops"])
                    key = (node["Relation Name"], beginning)
                    found[key] = found.get(key, 0) + looked_at
    return found


async def know_nothing(stage: Stage, service: str) -> None:
    """What PostgreSQL knows of the tables before anybody has analysed them."""
    url = urlsplit(url_of_role(stage.servers.admin_url, "migrator"))
    connection = await asyncpg.connect(urlunsplit(urlsplit(stage.servers.admin_url)._replace(path=url.path)))
    await connection.execute(
        "DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = $1::regnamespace)",
        service,
    )
    await connection.close()


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


def finding_told(finding_id: UUID, supplier_id: object, pos: int = 10**9) -> Event:
    told = {
        "supplier_id": str(supplier_id), "standard": "RBA", "code_version": "8.0", "provision": "A1",
        "severity": "priority", "site_code": None, "discovered_on": TODAY.isoformat(), "due_on": TODAY.isoformat(),
        "transitions": [],
    }  # fmt: skip
    return Event(pos, "finding.changed", "finding", finding_id, told, datetime.now(UTC), None)


async def test_scores_are_read_and_made_by_their_indexes(stage: Stage, scored: str) -> None:
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
            await following.apply_events(session, "audit", [finding_told(new_id(), scored)])
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


async def test_what_is_told_is_looked_up_by_its_ids_though_nothing_is_known_of_the_tables_yet(stage: Stage) -> None:
    async with connected(stage, "scoring", "migrator") as connection:
        await populate(connection, MANY, TODAY)
        rows = await connection.fetch("SELECT id, supplier_id FROM finding_copy WHERE superseded_pos IS NULL LIMIT 500")
    await know_nothing(stage, "scoring")
    events = [finding_told(row["id"], row["supplier_id"], 10**9 + n) for n, row in enumerate(rows)]
    database = stage.resources("scoring").database
    async with noting(stage, "scoring") as made:
        async with database.transaction() as session:
            await following.apply_events(session, "audit", events)
        assert await scoring.drain(database, TODAY) > 100
    looked_at = await rows_looked_at(stage, "scoring", made)
    assert {"finding_copy", "supplier_copy", "audit_copy", "score"} <= {table for table, _ in looked_at}
    assert {key: count for key, count in looked_at.items() if count > 10 * len(rows)} == {}
