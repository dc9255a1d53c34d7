"""The histories: up from nothing to exactly what the models say, down again, and no right too many."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from local.servers.embedded import Servers, servers_for_tests
from local.settings_table import settings_class
from migrations import bootstrap as bootstrapping
from migrations.histories import SERVICES, config_for, tables_of
from tests.stage import PASSWORDS, url_of_role


@pytest.fixture(scope="module")
def empty_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own: other tests' schemas stay as they are."""
    with servers_for_tests(tmp_path_factory.mktemp("migrations")) as running:
        asyncio.run(bootstrapping.bootstrap(running.admin_url, PASSWORDS))
        yield running


def migrator_url(servers: Servers) -> str:
    return url_of_role(servers.admin_url, "migrator")


async def query(url: str, statement: str, schema: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url, server_settings={"search_path": schema})
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


def tables_in(servers: Servers, service: str) -> set[str]:
    statement = f"SELECT tablename FROM pg_tables WHERE schemaname = '{service}'"
    return {row["tablename"] for row in asyncio.run(query(migrator_url(servers), statement, service))}


async def differences(url: str, service: str) -> list[object]:
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=NullPool,
        connect_args={"server_settings": {"search_path": service}},
    )

    def compare(connection: sa.Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables_of(service)))

    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_history_leads_up_to_the_models_and_down_to_nothing_and_up_again(
    empty_servers: Servers, service: str
) -> None:
    config = config_for(service, migrator_url(empty_servers))
    declared = {table.name for metadata in tables_of(service) for table in metadata.tables.values()}
    for _ in range(2):
        command.upgrade(config, "head")
        assert tables_in(empty_servers, service) == declared | {"alembic_version"}
        assert asyncio.run(differences(migrator_url(empty_servers), service)) == []
        command.downgrade(config, "base")
        assert tables_in(empty_servers, service) == {"alembic_version"}
    command.upgrade(config, "head")


def test_an_edition_that_was_told_of_before_is_called_by_its_new_name(empty_servers: Servers) -> None:
    url = migrator_url(empty_servers)
    config = config_for("audit", url)
    tell = """
        INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
        SELECT gen_random_uuid(), 'standard.created', 'standard', id, 1, now(),
            jsonb_build_object('standard', standard, 'version', version) FROM standard
    """

    def told() -> set[str]:
        return {row["data"] for row in asyncio.run(query(url, "SELECT data::text FROM feed_event", "audit"))}

    command.upgrade(config, "0004")
    command.downgrade(config, "0004")
    asyncio.run(query(url, tell, "audit"))
    before = told()
    assert '{"version": "8.0", "standard": "RBA"}' in before
    command.upgrade(config, "head")
    assert told() == {f'{{"standard": "RBA", "code_version": "{edition}"}}' for edition in ("7.0", "8.0")}
    command.downgrade(config, "0004")
    assert told() == before
    command.upgrade(config, "head")


def test_bootstrap_may_run_again_at_any_time(servers: Servers) -> None:
    asyncio.run(bootstrapping.bootstrap(servers.admin_url, PASSWORDS))
    for service in SERVICES:
        assert "task" in tables_in(servers, service)


def test_bootstrap_needs_no_superuser(tmp_path: Path) -> None:
    """Whoever may make roles and databases is enough, as with a managed PostgreSQL."""
    dba = "dba"

    async def make_dba(admin_url: str) -> None:
        await query(admin_url, f"CREATE ROLE {dba} LOGIN CREATEROLE CREATEDB PASSWORD '{dba}'", "public")

    with servers_for_tests(tmp_path) as running:
        asyncio.run(make_dba(running.admin_url))
        parts = urlsplit(running.admin_url)
        url = f"postgresql://{dba}:{dba}@{parts.hostname}:{parts.port}/postgres"
        for _ in range(2):
            asyncio.run(bootstrapping.bootstrap(url, PASSWORDS))
        command.upgrade(config_for("registry", migrator_url(running)), "head")
        assert "task" in tables_in(running, "registry")


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        yield


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_role_can_do_nothing_but_its_work(servers: Servers, service: str) -> None:
    url = url_of_role(servers.admin_url, service)
    other = next(name for name in SERVICES if name != service)
    for statement in (
        "CREATE TABLE mine (n int)",
        "CREATE TEMPORARY TABLE mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (n int)",
        "ALTER TABLE task ADD COLUMN n int",
        "DROP TABLE task",
        "UPDATE audit_log SET sub = 'nobody'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "TRUNCATE feed_event",
        f"SELECT 1 FROM {other}.task",
        f"INSERT INTO {other}.feed_state (epoch) VALUES (gen_random_uuid())",
    ):
        with refused():
            asyncio.run(query(url, statement, service))


def test_every_history_has_one_head_and_numbered_steps_and_the_code_knows_the_newest() -> None:
    for service in SERVICES:
        names = sorted(path.name for path in (Path(bootstrapping.__file__).parent / "versions" / service).glob("*.py"))
        assert [name[:5] for name in names] == [f"{n:04}_" for n in range(1, len(names) + 1)]
        assert settings_class(service).schema_step == len(names)
