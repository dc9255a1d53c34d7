"""What the newest steps make of the last release's schemas, and whether its code can live with that."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.runtime.migration import MigrationContext

from local.servers.embedded import Servers, servers_for_tests
from migrations import bootstrap as bootstrapping
from migrations.histories import SERVICES, config_for
from tests.migrations import schemas
from tests.stage import PASSWORDS, migrate, url_of_role

RELEASED = json.loads((Path(bootstrapping.__file__).parent / "released.json").read_text(encoding="utf-8"))

LOCKED = sa.text("""
    SELECT DISTINCT relname FROM pg_locks JOIN pg_class AS c ON c.oid = relation
    WHERE pid = pg_backend_pid() AND relname = ANY (:tables)
        AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
""")
"""Of these tables those that nobody else can write to at the moment."""


@dataclass
class Upgraded:
    """What the steps after a release did to a service's schema."""

    before: dict[str, schemas.Table]
    after: dict[str, schemas.Table] = field(default_factory=dict)
    not_held: list[str] = field(default_factory=list)

    def note_locks(self, *, ctx: MigrationContext, step: Any, **_: Any) -> None:
        """What this step, about to be committed, has locked without holding it first."""
        connection = ctx.connection
        assert connection is not None
        held = connection.info.pop("held", set())
        locked = set(connection.execute(LOCKED, {"tables": list(self.before)}).scalars())
        self.not_held += [f"{step.up_revision_id}: {table}" for table in sorted(locked - held)]


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with servers_for_tests(tmp_path_factory.mktemp("expand")) as running:
        asyncio.run(bootstrapping.bootstrap(running.admin_url, PASSWORDS))
        yield running


@pytest.fixture(scope="module")
def upgraded(own_servers: Servers) -> dict[str, Upgraded]:
    url = url_of_role(own_servers.admin_url, "migrator")
    done = {}
    for service in SERVICES:
        migrate(service, url, RELEASED["steps"][service])
        done[service] = Upgraded(asyncio.run(schema_at(url, service)))
        config = config_for(service, url)
        config.attributes["on_version_apply"] = (done[service].note_locks,)
        command.upgrade(config, "head")
        done[service].after = asyncio.run(schema_at(url, service))
    return done


async def schema_at(url: str, schema: str) -> dict[str, schemas.Table]:
    connection = await asyncpg.connect(url, server_settings={"search_path": schema})
    try:
        return await schemas.read(connection, schema)
    finally:
        await connection.close()


def test_code_of_the_last_release_can_live_with_the_newest_schemas(upgraded: dict[str, Upgraded]) -> None:
    found = {
        f"{service}: {breach.where}": breach.why
        for service, schema in upgraded.items()
        for breach in schemas.breaches(schema.before, schema.after)
    }
    accepted = RELEASED["accepted"]
    assert {where: why for where, why in found.items() if where not in accepted} == {}
    assert accepted.keys() <= found.keys(), "a reason without its breach"


@pytest.mark.parametrize("service", SERVICES)
def test_a_step_locks_what_is_there_already_at_once_and_first(upgraded: dict[str, Upgraded], service: str) -> None:
    assert upgraded[service].not_held == []


SAMPLE = """
    CREATE TABLE parent (
        id uuid PRIMARY KEY, name text NOT NULL, note text, n integer NOT NULL DEFAULT 0,
        status text NOT NULL CONSTRAINT ck_status CHECK (status IN ('open', 'closed'))
    );
    CREATE UNIQUE INDEX uq_open ON parent (name) WHERE status = 'open';
    CREATE INDEX ix_note ON parent (note);
    CREATE TABLE child (id uuid PRIMARY KEY, parent_id uuid NOT NULL);
"""


async def breaches_of(admin_url: str, change: str) -> dict[str, str]:
    """What the comparison says of a change to the sample; nothing of either stays."""
    connection = await asyncpg.connect(admin_url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"CREATE SCHEMA sample; SET LOCAL search_path = sample; {SAMPLE}")
        before = await schemas.read(connection, "sample")
        await connection.execute(change)
        return {
            breach.where: breach.why for breach in schemas.breaches(before, await schemas.read(connection, "sample"))
        }
    finally:
        await transaction.rollback()
        await connection.close()


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        ("DROP TABLE child", "child", "is gone"),
        ("ALTER TABLE child RENAME TO kid", "child", "is gone"),
        ("ALTER TABLE parent DROP COLUMN note", "parent.note", "is gone"),
        ("ALTER TABLE parent RENAME COLUMN name TO title", "parent.name", "is gone"),
        ("ALTER TABLE parent ALTER n TYPE bigint", "parent.n", "was integer and is bigint"),
        ("ALTER TABLE parent ALTER n TYPE bigint", "parent", "written anew"),
        ("ALTER TABLE parent ALTER note SET NOT NULL", "parent.note", "must be given now"),
        ("ALTER TABLE parent ALTER name DROP NOT NULL", "parent.name", "may be null now"),
        ("ALTER TABLE parent ALTER n DROP DEFAULT", "parent.n", "not filled in"),
        ("ALTER TABLE parent ADD city text NOT NULL", "parent.city", "must be given"),
        ("ALTER TABLE parent ADD key uuid NOT NULL DEFAULT gen_random_uuid()", "parent", "written anew"),
        ("ALTER TABLE parent ADD CONSTRAINT ck_n CHECK (n > 0)", "parent.ck_n", "allows less"),
        ("ALTER TABLE parent ADD m int, ADD CONSTRAINT ck_m CHECK (m > n)", "parent.ck_m", "allows less"),
        (
            "ALTER TABLE parent DROP CONSTRAINT ck_status, ADD CONSTRAINT ck_status CHECK (status IN ('open', 'done'))",
            "parent.ck_status",
            "allows less",
        ),
        ("ALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parent", "child.fk", "allows less"),
        ("ALTER TABLE parent ADD CONSTRAINT uq UNIQUE (name)", "parent.uq", "refuses rows"),
        ("CREATE UNIQUE INDEX uq ON parent (lower(name))", "parent.uq", "refuses rows"),
        ("DROP INDEX uq_open; CREATE UNIQUE INDEX uq_open ON parent (name)", "parent.uq_open", "refuses rows"),
        ("DROP INDEX ix_note; CREATE UNIQUE INDEX ix_note ON parent (note)", "parent.ix_note", "refuses rows"),
        ("CREATE INDEX ix ON parent (name)", "parent.ix", "nobody can write"),
    ],
)
def test_what_old_code_cannot_live_with_is_named(own_servers: Servers, change: str, where: str, why: str) -> None:
    found = asyncio.run(breaches_of(own_servers.admin_url, change))
    assert why in found[where]


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE other (id uuid PRIMARY KEY, parent_id uuid NOT NULL REFERENCES parent, UNIQUE (parent_id))",
        "ALTER TABLE parent ADD city text",
        "ALTER TABLE parent ADD city text NOT NULL DEFAULT ''",
        "ALTER TABLE parent ADD seen timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE parent ADD m int, ADD CONSTRAINT ck_m CHECK (m > 0)",
        "ALTER TABLE parent DROP CONSTRAINT ck_status",
        """ALTER TABLE parent DROP CONSTRAINT ck_status,
            ADD CONSTRAINT ck_status CHECK (status IN ('open', 'waiting', 'closed'))""",
        "DROP INDEX uq_open",
        "COMMENT ON COLUMN parent.note IS 'as it was told'",
        "ALTER INDEX ix_note RENAME TO ix_parent_note",
    ],
)
def test_what_only_adds_is_let_through(own_servers: Servers, change: str) -> None:
    assert asyncio.run(breaches_of(own_servers.admin_url, change)) == {}
