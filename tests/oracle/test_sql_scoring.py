"""Set-based SQL and the service write the same scores, history and events."""

import json
from typing import Any

import asyncpg

from services.scoring.service import recalculating, recalculations, scoring
from shared.auth.principal import Actor
from tests.oracle.sql_scoring import RECALCULATE
from tests.scoring.population import populate
from tests.stage import Stage, url_of_role

SUPPLIERS = 3000
WRITTEN = {
    "scores": "SELECT to_jsonb(s) - 'computed_at' FROM score s ORDER BY supplier_id",
    "history": "SELECT to_jsonb(s) - 'computed_at' - 'id' FROM score_history s ORDER BY supplier_id, score_version",
    "events": "SELECT jsonb_build_array(type, resource, resource_id, version, data - 'computed_at') FROM feed_event"
    " WHERE resource IN ('score', 'risk_tier') ORDER BY type, resource_id, version",
}


async def written(connection: asyncpg.Connection) -> dict[str, list[Any]]:
    """What there is, and then takes history and events away."""
    found = {name: [json.loads(row[0]) for row in await connection.fetch(query)] for name, query in WRITTEN.items()}
    await connection.execute("TRUNCATE score_history, feed_event")
    return found


async def test_sql_and_the_service_write_the_same_rows(stage: Stage) -> None:
    day = scoring.today()
    url = url_of_role(stage.servers.admin_url, "migrator")
    connection = await asyncpg.connect(url, server_settings={"search_path": "scoring"})
    database = stage.resources("scoring").database
    try:
        counts = await populate(connection, SUPPLIERS, day)
        assert min(counts.values()) > 100
        await connection.execute(RECALCULATE, day)
        first = await written(connection)
        assert len(first["scores"]) == len(first["history"]) == SUPPLIERS - SUPPLIERS // 997

        # From nothing: the drain of whoever is dirty.
        await connection.execute("TRUNCATE score")
        await connection.execute("INSERT INTO dirty (supplier_id, evidence) SELECT id, true FROM supplier_copy")
        while await scoring.drain(database, day):
            pass
        assert await written(connection) == first

        # Some changed, some with another last day alone: a recalculation.
        spoil = (
            "UPDATE score SET score = score + 1, risk_tier = 'low' WHERE hashtext(supplier_id::text) % 5 = 0",
            "UPDATE score SET tier_reasons = '{odd}' WHERE hashtext(supplier_id::text) % 5 = 1",
            "UPDATE score SET valid_until = NULL WHERE hashtext(supplier_id::text) % 5 = 2",
            "UPDATE score SET categories[2] = 1 WHERE hashtext(supplier_id::text) % 5 = 3",
            "CREATE TABLE score_before AS TABLE score",
        )
        for statement in spoil:
            await connection.execute(statement)
        await connection.execute(RECALCULATE, day)
        second = await written(connection)
        assert len(first["scores"]) > len(second["history"]) > SUPPLIERS // 4
        await connection.execute("TRUNCATE score")
        await connection.execute("INSERT INTO score TABLE score_before")
        async with database.transaction() as session:
            await recalculations.order_recalculation(session, Actor("tests", None), "spoilt")
        while await recalculating.take_step(database, 700):
            pass
        assert await written(connection) == second
    finally:
        await connection.execute("DROP TABLE IF EXISTS score_before")
        await connection.close()
