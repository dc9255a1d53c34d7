"""The command line, as a process of its own against services at real ports."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from migrations.histories import SERVICES
from shared.tasks.tables import enqueue
from tests.stage import Stage, over_http, url_of_role

PROJECT = Path(__file__).resolve().parents[2]


class Done(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


class Commands:
    """Runs `bellwether` with an environment."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        """`folder` is where it is called: not in the project, where a running stack may have left a client."""
        self._folder = folder
        self.environment = {"PYTHONPATH": str(PROJECT), **environment}

    async def __call__(self, *arguments: str) -> Done:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bellwether", *arguments,
            cwd=self._folder, env={"PATH": os.environ["PATH"], "COLUMNS": "200", **self.environment},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def bellwether(stage: Stage, tmp_path: Path) -> AsyncIterator[Commands]:
    """The command line with the registry's own settings, and knowing where all four services are; no client yet."""
    given = stage.settings("registry")
    names = ("database_url", "redis_url", "service_key_file", "peer_keys_dir", "token_key_file")
    async with contextlib.AsyncExitStack() as opened:
        urls = {service: await opened.enter_async_context(over_http(stage, service)) for service in SERVICES}
        yield Commands(
            tmp_path,
            {
                "MIGRATION_DATABASE_URL": url_of_role(stage.servers.admin_url, "migrator"),
                **{name.upper(): str(getattr(given, name)) for name in names},
                **{f"{service.upper()}_URL": url for service, url in urls.items()},
            },
        )


async def log_in(bellwether: Commands) -> None:
    """Make the first client, and call as it from now on."""
    made = json.loads((await bellwether("clients", "create", "--first", "--name", "ops", "--scopes", "admin")).out)
    bellwether.environment["BELLWETHER_CLIENT_ID"] = made["client_id"]
    bellwether.environment["BELLWETHER_CLIENT_SECRET"] = made["client_secret"]


async def test_clients_are_made_listed_rotated_and_revoked(bellwether: Commands) -> None:
    await log_in(bellwether)
    made = json.loads(
        (await bellwether("clients", "create", "--name", "erp", "--scopes", "scoring:read feed:read")).out
    )
    rotated = json.loads((await bellwether("clients", "rotate", made["client_id"])).out)
    assert (await bellwether("clients", "revoke", made["client_id"])).code == 0
    listed = [json.loads(line) for line in (await bellwether("clients", "list", "--json")).out.splitlines()]
    assert rotated["client_secret"] != made["client_secret"]
    assert [(one["name"], one["revoked_at"] is None) for one in listed] == [("ops", True), ("erp", False)]
    table = (await bellwether("clients", "list")).out
    assert made["client_id"] in table
    assert made["client_secret"] not in table


@pytest.mark.parametrize("scopes", ["everything", ""])
async def test_a_client_that_makes_no_sense_is_refused_in_a_line(bellwether: Commands, scopes: str) -> None:
    await log_in(bellwether)
    for first in ([], ["--first"]):
        done = await bellwether("clients", "create", *first, "--name", "x", "--scopes", scopes)
        assert done.code == 1
        assert "scopes" in done.err
        assert "Traceback" not in done.err


async def test_without_a_client_it_says_how_one_is_made(bellwether: Commands) -> None:
    done = await bellwether("clients", "list")
    assert (done.code, done.out) == (1, "")
    assert "bellwether clients create --first" in done.err
    bellwether.environment |= {"BELLWETHER_CLIENT_ID": "x", "BELLWETHER_CLIENT_SECRET": "wrong"}
    refused = await bellwether("clients", "list")
    assert refused.code == 1
    assert refused.err.startswith("Error: No token from")


async def test_dead_letters_are_listed_and_tried_again(stage: Stage, bellwether: Commands) -> None:
    await log_in(bellwether)
    ids = []
    for service in ("audit", "scoring"):
        async with stage.resources(service).database.transaction() as session:
            ids.append(str(await enqueue(session, "anything", {})))
        await stage.psql(service, "UPDATE task SET status = 'dead', last_error = 'it was late'")
    listed = [json.loads(line) for line in (await bellwether("dead-letters", "list", "--json")).out.splitlines()]
    assert [(one["service"], one["id"], one["last_error"]) for one in listed] == [
        ("audit", ids[0], "it was late"),
        ("scoring", ids[1], "it was late"),
    ]
    assert (await bellwether("health")).code == 1
    assert (await bellwether("dead-letters", "replay", ids[0], "--service", "audit")).code == 0
    assert [dict(row) for row in await stage.psql("audit", "SELECT status, attempts FROM task")] == [
        {"status": "queued", "attempts": 0}
    ]
    assert ids[1] in (await bellwether("dead-letters", "replay", "--all")).out
    assert (await bellwether("dead-letters", "list")).out == "There are none.\n"
    for wrong in ([], [ids[0]], [ids[0], "--all"], [ids[0], "--service", "nobody"], [ids[0], "--service", "audit"]):
        done = await bellwether("dead-letters", "replay", *wrong)
        assert (done.code, done.out) == (1, ""), wrong
        assert done.err.startswith("Error: "), wrong


async def test_health_ends_with_0_only_where_all_is_well(stage: Stage, bellwether: Commands) -> None:
    await log_in(bellwether)
    await stage.settle()
    well = await bellwether("health", "--json")
    assert (well.code, well.err) == (0, "Scores are up to date.\n")
    assert {json.loads(line)["status"] for line in well.out.splitlines()} == {"ready"}
    bellwether.environment["AUDIT_URL"] = "http://127.0.0.1:1"
    ill = await bellwether("health", "--json")
    assert (ill.code, [json.loads(line)["status"] for line in ill.out.splitlines()]) == (
        1,
        ["ready", "away", "ready", "ready"],
    )


async def test_migrating_what_is_up_to_date_changes_nothing(bellwether: Commands) -> None:
    assert (await bellwether("migrate")).code == 0
    assert (await bellwether("migrate", "audit")).code == 0
    wrong = await bellwether("migrate", "nobody")
    assert (wrong.code, wrong.err) == (
        1, "Error: There is no service nobody; there are registry, audit, engagement, scoring.\n",
    )  # fmt: skip
    del bellwether.environment["MIGRATION_DATABASE_URL"]
    assert (await bellwether("migrate")).err == "Error: MIGRATION_DATABASE_URL is not set.\n"


async def test_after_a_restore_others_start_over_and_our_own_services_go_on_where_they_were(
    stage: Stage, bellwether: Commands
) -> None:
    async with stage.machine("registry") as client:
        await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})
        await stage.settle()
        before = (await client.get("/v1/feed")).json()
        assert (await bellwether("restored")).code == 0
        outside = {"after": before["head"], "epoch": before["epoch"]}
        assert (await client.get("/v1/feed", params=outside)).status_code == 410
        after = (await client.get("/v1/feed")).json()
        await client.post("/v1/suppliers", json={"code": "S2", "name": "Two"})
    assert (after["epoch"] != before["epoch"], after["head"]) == (True, before["head"])
    await stage.settle()
    query = "SELECT epoch::text, seq, base FROM feed_cursor WHERE source = 'registry'"
    assert [tuple(row) for row in await stage.psql("scoring", query)] == [(after["epoch"], before["head"] + 1, 0)]
    assert len(await stage.psql("scoring", "SELECT 1 FROM score")) == 2
