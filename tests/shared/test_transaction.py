"""One request, one transaction: an answer of success means that it is kept, any other that nothing is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from services.registry.main import create_app
from shared import db
from tests.stage import Stage, url_of_role

NEW = {"code": "S1", "name": "One"}


@asynccontextmanager
async def migrator(stage: Stage) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        url_of_role(stage.servers.admin_url, "migrator"), server_settings={"search_path": "registry"}
    )
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_password_that_is_no_longer_let_in_is_a_database_away_and_no_fault_of_ours(stage: Stage) -> None:
    """As while passwords are being changed: whoever asks is told to ask again."""
    url = url_of_role(stage.servers.admin_url, "registry").replace("registry-password", "the one before")
    app = create_app(stage.settings("registry", database_url=url), transport=stage.transport)
    async with app.router.lifespan_context(app), stage.machine("registry") as known:
        transport, headers = httpx.ASGITransport(app), known.headers
        async with httpx.AsyncClient(transport=transport, base_url="http://registry", headers=headers) as client:
            answer = await client.post("/v1/suppliers", json=NEW)
            ready = await client.get("/readyz")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "unavailable")
    assert (ready.status_code, ready.json()["status"]) == (503, "unready")


@asynccontextmanager
async def commits_fail(stage: Stage, sqlstate: str) -> AsyncIterator[None]:
    """Every transaction that made a supplier fails when it commits, not before."""
    async with migrator(stage) as connection:
        await connection.execute(f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'refused at commit' USING ERRCODE = '{sqlstate}'; END $$;
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON supplier
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
        """)
        try:
            yield
        finally:
            await connection.execute("DROP TRIGGER refuse ON supplier; DROP FUNCTION refuse()")


async def kept(stage: Stage) -> dict[str, int]:
    tables = ("supplier", "feed_event", "audit_log", "idempotency_key", "task", "import_run", "import_chunk")
    columns = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in tables)
    return dict((await stage.psql("registry", f"SELECT {columns}"))[0])


NOTHING = dict.fromkeys(
    ("supplier", "feed_event", "audit_log", "idempotency_key", "task", "import_run", "import_chunk"), 0
)


@pytest.mark.parametrize(("sqlstate", "status"), [("P0001", 500), ("23514", 409), ("40001", 503)])
async def test_a_commit_that_fails_is_no_success_and_keeps_nothing(stage: Stage, sqlstate: str, status: int) -> None:
    async with commits_fail(stage, sqlstate), stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json=NEW, headers={"Idempotency-Key": "k"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "refused at commit" not in answer.text
    assert ("nothing was changed" in answer.text) == (status == 503)
    assert await kept(stage) == NOTHING


async def test_after_a_failed_commit_the_same_key_tries_anew(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        async with commits_fail(stage, "P0001"):
            await client.post("/v1/suppliers", json=NEW, headers={"Idempotency-Key": "k"})
        answer = await client.post("/v1/suppliers", json=NEW, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, False)


async def test_a_connection_killed_in_the_middle_is_503_and_keeps_nothing(stage: Stage) -> None:
    async with migrator(stage) as connection, stage.machine("registry") as client:
        async with connection.transaction():
            await connection.execute("LOCK TABLE supplier_identifier, feed_event IN ACCESS EXCLUSIVE MODE")
            posting = asyncio.create_task(client.post("/v1/suppliers", json=NEW))
            victim = None
            while victim is None:
                victim = await connection.fetchval(
                    "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'feed_event'::regclass"
                )
            admin = await asyncpg.connect(stage.servers.admin_url)
            await admin.execute(f"SELECT pg_terminate_backend({victim})")
            await admin.close()
            answer = await posting
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert "is not known" in answer.json()["detail"], "it might have broken after the commit"
        assert "Idempotency-Key" in answer.json()["detail"]
        assert await kept(stage) == NOTHING
        assert (await client.post("/v1/suppliers", json=NEW)).status_code == 201


async def test_a_connection_that_dies_as_soon_as_it_is_made_is_a_database_away(stage: Stage) -> None:
    """As while PostgreSQL goes down again and again: nobody is told that the fault was ours."""
    database = db.connect(url_of_role(stage.servers.admin_url, "registry"), "registry")
    event.listen(database.engine.sync_engine, "connect", lambda dbapi, _record: dbapi.driver_connection.terminate())
    with pytest.raises(DBAPIError) as failed:
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
    await database.close()
    assert db.is_passing(failed.value)


async def test_a_database_that_was_closed_opens_new_connections_for_whoever_asks_afterwards(stage: Stage) -> None:
    """As where a schema is restored under a process: neither way of asking stays shut for good."""
    database = db.connect(url_of_role(stage.servers.admin_url, "registry"), "registry")
    for _ in range(2):
        async with database.transaction() as session:
            assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
        assert (await database.fetch("SELECT 1 AS one"))[0]["one"] == 1
        await database.close()


async def test_the_row_is_there_before_the_answer_begins(stage: Stage) -> None:
    seen: list[int] = []
    app = stage.apps["registry"]

    async def watching(scope: dict[str, object], receive: object, send: object) -> None:
        async def send_watched(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                seen.append(len(await stage.psql("registry", "SELECT 1 FROM supplier")))
            await send(message)  # type: ignore[operator]

        await app(scope, receive, send_watched)  # type: ignore[arg-type]

    async with stage.machine("registry") as client:
        authorization = client.headers["authorization"]
    transport = httpx.ASGITransport(watching)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
        answer = await client.post("/v1/suppliers", json=NEW, headers={"Authorization": authorization})
    assert (answer.status_code, seen) == (201, [1])


async def test_of_two_changes_based_on_one_version_only_one_is_taken(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        created = (await client.post("/v1/suppliers", json=NEW)).json()
        url = f"/v1/suppliers/{created['id']}"
        answers = await asyncio.gather(
            *(client.patch(url, json={"name": f"N{n}"}, headers={"If-Match": '"1"'}) for n in range(5))
        )
        now = (await client.get(url)).json()
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    assert now["version"] == 2
