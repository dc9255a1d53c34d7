"""An upgrade from the last release's schemas while its code works on: nothing fails, nothing is lost."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from local.servers.embedded import Servers, servers_for_tests
from local.supervisor import PROJECT
from migrations import bootstrap as bootstrapping
from migrations.histories import SERVICES
from migrations.locks import GaveWay
from migrations.upgrading import upgrade
from tests.migrations.released_code import Load
from tests.stage import PASSWORDS, Stage, migrate, url_of_role

RELEASED = json.loads((Path(bootstrapping.__file__).parent / "released.json").read_text(encoding="utf-8"))
SESSIONS = 2
NEW = ("NEW-1", "NEW-2")


@pytest.fixture(scope="module")
def released_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers with the schemas of the last release."""
    with servers_for_tests(tmp_path_factory.mktemp("released")) as running:
        asyncio.run(bootstrapping.bootstrap(running.admin_url, PASSWORDS))
        for service, step in RELEASED["steps"].items():
            migrate(service, url_of_role(running.admin_url, "migrator"), step)
        yield running


@asynccontextmanager
async def under_load(admin_url: str) -> AsyncIterator[dict[str, Load]]:
    loads = {service: Load(service, url_of_role(admin_url, service)) for service in SERVICES}
    sessions = [asyncio.create_task(load.keep_on()) for load in loads.values() for _ in range(SESSIONS)]
    try:
        yield loads
    finally:
        for load in loads.values():
            load.ended = True
        await asyncio.gather(*sessions)


@asynccontextmanager
async def a_long_report(admin_url: str) -> AsyncIterator[int]:
    """A transaction that has read findings and goes on for long; yields the number of its process."""
    settings = {"search_path": "audit", "application_name": "monthly report"}
    connection = await asyncpg.connect(url_of_role(admin_url, "audit"), server_settings=settings)
    try:
        async with connection.transaction():
            await connection.fetch("SELECT count(*) FROM finding")
            yield connection.get_server_pid()
    finally:
        await connection.close()


async def start_migrating(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bellwether", "migrate"),
        cwd=PROJECT,
        env={**os.environ, "MIGRATION_DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
    )


async def step_of(url: str, service: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(f"SELECT version_num FROM {service}.alembic_version")
    finally:
        await connection.close()


async def until_it_waits(stderr: asyncio.StreamReader) -> str:
    """What was said up to the line that names the lock."""
    said = ""
    async for line in stderr:
        said += line.decode()
        if line.startswith(b"audit: finding is held"):
            break
    return said


async def codes(stage: Stage, service: str, path: str, name: str) -> list[str]:
    """What a list of the new code's API has under `name`, all pages of it."""
    found: list[str] = []
    cursor: str | None = None
    async with stage.machine(service) as client:
        while True:
            page = (await client.get(path, params={"limit": 200, **({"cursor": cursor} if cursor else {})})).json()
            found += [item[name] for item in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                return sorted(found)


async def readiness(stage: Stage) -> set[int]:
    answers = set()
    for service in SERVICES:
        async with stage.caller(service) as client:
            answers.add((await client.get("/readyz")).status_code)
    return answers


async def write_as_new_code(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        for code in NEW:
            answer = await client.post("/v1/suppliers", json={"code": code, "name": code, "country": "TW"})
            assert answer.status_code == 201, answer.text


async def test_old_code_works_on_while_its_schemas_are_upgraded_and_new_code_beside_it(
    released_servers: Servers, tmp_path: Path
) -> None:
    admin_url = released_servers.admin_url
    url = url_of_role(admin_url, "migrator")
    async with Stage.open(released_servers, tmp_path) as stage:
        async with under_load(admin_url) as loads:

            async def all_go_on() -> None:
                await asyncio.gather(*(load.has_done(5) for load in loads.values()))

            await all_go_on()
            assert await readiness(stage) == {503}, "new code waits for its schema"
            async with a_long_report(admin_url) as process:
                # A step that cannot have its table gives way, says why, and leaves everything as it was.
                said: list[str] = []
                holder = rf"finding is held by .*process {process} \(role audit, monthly report\)"
                with pytest.raises(GaveWay, match=holder):
                    await asyncio.to_thread(upgrade, "audit", url, said.append, (0.1,))
                assert len(said) == 1
                assert await step_of(url, "audit") == RELEASED["steps"]["audit"]
                migrating = await start_migrating(url)
                assert migrating.stderr is not None
                assert f"process {process}" in await until_it_waits(migrating.stderr)
            rest = await migrating.stderr.read()
            assert await migrating.wait() == 0, rest.decode()
            # Side by side on the new schemas: new code writes and reads, and so does old code.
            assert await readiness(stage) == {200}
            await asyncio.gather(write_as_new_code(stage), all_go_on())
        assert {service: load.failed for service, load in loads.items()} == {service: [] for service in SERVICES}
        written = {service: sorted(str(row) for row in load.done) for service, load in loads.items()}
        assert await codes(stage, "registry", "/v1/suppliers", "code") == sorted([*written["registry"], *NEW])
        assert await codes(stage, "audit", "/v1/findings", "finding_ref") == written["audit"]
        assert await codes(stage, "engagement", "/v1/events", "event_ref") == written["engagement"]
        assert await codes(stage, "scoring", "/v1/commodities", "code") == written["scoring"]
        await stage.settle()
        scored = await codes(stage, "scoring", "/v1/scores", "supplier_code")
        assert scored == sorted([*written["registry"], *NEW])
        await stage.quiet()
