"""`bellwether bootstrap --sql`: what a database administrator reads and runs, without a superuser, without secrets."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from local.servers.embedded import Servers, servers_for_tests
from local.servers.programs import find_programs
from local.settings_table import settings_class
from migrations.bootstrap_script import verifier
from migrations.bootstrap_statements import ROLES
from migrations.histories import SERVICES
from shared.db import connect
from shared.health import readiness
from tests.api_processes import ApiProcess, environment_of
from tests.stage import PASSWORDS, Stage, url_of_role

PROJECT = Path(__file__).resolve().parents[2]
DBA = "dba"


@pytest.fixture(scope="module")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A server on which nobody of ours is a superuser; there is a role that may make roles and databases."""
    with servers_for_tests(tmp_path_factory.mktemp("dba")) as running:
        made = f"CREATE ROLE {DBA} LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD '{DBA}'"
        asyncio.run(execute(running.admin_url, made))
        yield running


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def bellwether(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bellwether", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], **environment}, timeout=120,
    )  # fmt: skip


def printed(*arguments: str, **environment: str) -> str:
    done = bellwether(*arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_with_psql(servers: Servers, script: Path, *arguments: str) -> None:
    """As a DBA does it."""
    where = urlsplit(servers.admin_url)
    psql = find_programs(script.parent, None).postgres.with_name("psql")
    url = f"postgresql://{DBA}:{DBA}@{where.hostname}:{where.port}/postgres"
    done = subprocess.run(
        [str(psql), "--no-psqlrc", "--quiet", "--dbname", url, *arguments, "--file", str(script)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr


def passwords_file(folder: Path, passwords: dict[str, str]) -> str:
    path = folder / "role-passwords.json"
    path.write_text(json.dumps(passwords), encoding="utf-8")
    return str(path)


async def test_a_role_without_superuser_runs_it_and_all_that_follows_works(
    managed: Servers, stage: Stage, tmp_path: Path
) -> None:
    script = tmp_path / "bootstrap.sql"
    script.write_text(printed("bootstrap", "--sql", ROLE_PASSWORDS_FILE=passwords_file(tmp_path, PASSWORDS)))
    for _ in range(2):  # it may be run again
        run_with_psql(managed, script)
    migrated = bellwether("migrate", MIGRATION_DATABASE_URL=url_of_role(managed.admin_url, "migrator"))
    assert migrated.returncode == 0, migrated.stderr
    elsewhere = replace(stage, servers=replace(stage.servers, admin_url=managed.admin_url))
    with ApiProcess("registry", environment_of(elsewhere, "registry")) as api:
        assert api.ready()["status"] == "ready"
    for service in SERVICES:
        database = connect(url_of_role(managed.admin_url, service), service, pool_size=1)
        found = await readiness.check(database, stage.resources(service).doorbell, settings_class(service).schema_step)
        assert found.status == "ready"
        await database.close()


def test_it_holds_no_password_and_says_the_same_as_what_bootstrap_does_itself(tmp_path: Path) -> None:
    script = printed("bootstrap", "--sql", ROLE_PASSWORDS_FILE=passwords_file(tmp_path, PASSWORDS))
    assert not [password for password in PASSWORDS.values() if password in script]
    assert script.count("SCRAM-SHA-256$4096:") == len(ROLES)
    assert "SUPERUSER" not in script


def test_without_a_file_of_passwords_it_asks_psql_for_them(managed: Servers, tmp_path: Path) -> None:
    script = tmp_path / "bootstrap.sql"
    script.write_text(printed("bootstrap", "--sql"))
    given = [part for role in ROLES for part in ("--set", f"{role}_password=another '{role}'")]
    run_with_psql(managed, script, *given)
    where = urlsplit(managed.admin_url)
    asyncio.run(
        execute(f"postgresql://audit:another%20'audit'@{where.hostname}:{where.port}/bellwether", "SHOW search_path")
    )


def test_a_password_that_would_have_to_be_prepared_is_refused(tmp_path: Path) -> None:
    file = passwords_file(tmp_path, {**PASSWORDS, "audit": "pässword"})
    done = bellwether("bootstrap", "--sql", ROLE_PASSWORDS_FILE=file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "printable ASCII" in done.stderr


def test_a_missing_password_is_named(tmp_path: Path) -> None:
    file = passwords_file(tmp_path, {"migrator": "x"})
    done = bellwether("bootstrap", "--sql", ROLE_PASSWORDS_FILE=file)
    assert done.returncode == 1
    assert "has no password for registry, audit, engagement, scoring" in done.stderr


def test_a_verifier_is_what_postgresql_makes_of_the_same_password_and_salt() -> None:
    # Made by PostgreSQL 18: CREATE ROLE x PASSWORD 'pencil'; SELECT rolpassword FROM pg_authid.
    salt = "nZLIz6R9w+EMzSN7IxphHQ=="
    keys = "hZ2Xy1o5HUKSSlHIrvDeGx8o6Q7Y/IN1lgwSY41q2Hc=:pjbbUaGzOFK9E053qxkwhaL44Ua/rFjLonLQLZnb1Zo="
    assert verifier("pencil", base64.b64decode(salt)) == f"SCRAM-SHA-256$4096:{salt}${keys}"
