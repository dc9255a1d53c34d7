"""Dump, lose everything, restore: what was saved is there, the services go on where they were, readers are told."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bellwether.api import Api
from local.environment import DATABASE, Addresses, Environment, Secrets
from local.progress import Progress
from local.servers.embedded import Servers, servers_for_tests
from local.servers.programs import find_programs
from local.stack import Stack, running_stack
from tests.e2e.conftest import free_port_base

DISCOVERED = (datetime.now(UTC).date() - timedelta(days=10)).isoformat()
SUPPLIERS = 6
PROJECT = Path(__file__).resolve().parents[2]


def with_database(admin_url: str) -> str:
    return admin_url.rpartition("/")[0] + f"/{DATABASE}"


def run(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def house(folder: Path, servers: Servers, addresses: Addresses) -> Iterator[tuple[Stack, Api]]:
    """The services as real processes on these servers; keys and files in `folder` outlive them, as on a machine."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", servers.admin_url)
        environment.setenv("REDIS_URL", servers.redis_url)
        progress = Progress(Console(quiet=True))
        with running_stack(folder, addresses, progress, keep_data=True, on_failure=print) as stack:
            client = stack.create_client("tests")
            with closing(Api(addresses, client)) as api:
                yield stack, api


def post_finding(api: Api, supplier_id: str, ref: str) -> str:
    body = {
        "supplier_id": supplier_id, "finding_ref": ref, "standard": "RBA", "code_version": "8.0", "provision": "A3",
        "severity": "minor", "discovered_on": DISCOVERED,
    }  # fmt: skip
    return str(api.post("audit", "/v1/findings", body).json()["id"])


def wait_until_fresh(api: Api) -> None:
    deadline = time.monotonic() + 30
    while not api.get("scoring", "/v1/freshness")["fresh"]:
        assert time.monotonic() < deadline, api.get("scoring", "/v1/freshness")
        time.sleep(0.1)


def counted(api: Api, supplier_id: str) -> set[str]:
    explanation: dict[str, Any] = api.get("scoring", f"/v1/scores/{supplier_id}/explanation")
    assert explanation["score"] == api.get("scoring", f"/v1/scores/{supplier_id}")["score"]
    return {finding["id"] for finding in explanation["findings"]}


def feed_position(api: Api) -> dict[str, Any]:
    page: dict[str, Any] = api.get("audit", "/v1/feed", after=0, limit=1)
    return {"epoch": page["epoch"], "head": page["head"]}


@pytest.mark.timeout(600)  # it starts everything twice
def test_what_is_dumped_while_writes_go_on_is_restored_whole_and_the_services_go_on_from_there(tmp_path: Path) -> None:
    addresses = Addresses("127.0.0.1", free_port_base())
    dump, folder = tmp_path / "bellwether.dump", tmp_path / "house"
    folder.mkdir()
    binaries = find_programs(tmp_path, None).postgres.parent
    with servers_for_tests(tmp_path / "first") as servers, house(folder, servers, addresses) as (_, api):
        suppliers = [
            str(api.post("registry", "/v1/suppliers", {"code": f"S{n}", "name": f"Supplier {n}"}).json()["id"])
            for n in range(SUPPLIERS)
        ]
        saved = {post_finding(api, suppliers[n % SUPPLIERS], f"F{n}"): suppliers[n % SUPPLIERS] for n in range(24)}
        wait_until_fresh(api)
        late = 0
        with ThreadPoolExecutor(1) as others:
            program = str(binaries / "pg_dump")
            dumping = others.submit(run, program, "-Fc", f"--file={dump}", with_database(servers.admin_url))
            while not dumping.done():
                post_finding(api, suppliers[late % SUPPLIERS], f"late-{late}")
                late += 1
        dumping.result()
        wait_until_fresh(api)
        seen_outside = feed_position(api)

    # Everything is lost: other servers, empty.
    with servers_for_tests(tmp_path / "second") as servers:
        environment = Environment(
            addresses, Secrets(folder / "secrets"), servers.admin_url, servers.redis_url, tmp_path
        )
        bellwether = (sys.executable, "-m", "bellwether")
        run(*bellwether, "bootstrap", env=environment.of_bootstrap())
        target = f"--dbname={with_database(servers.admin_url)}"
        run(str(binaries / "pg_restore"), "--clean", "--if-exists", "--exit-on-error", target, str(dump))
        run(*bellwether, "restored", env=environment.of_migrations())
        with house(folder, servers, addresses) as (_, api):
            wait_until_fresh(api)
            for supplier_id in suppliers:
                mine = {finding for finding, owner in saved.items() if owner == supplier_id}
                held = {one["id"] for one in api.items("audit", "/v1/findings", supplier_id=supplier_id)}
                assert mine <= held
                assert counted(api, supplier_id) == held
            stale = {"after": seen_outside["head"], "epoch": seen_outside["epoch"]}
            begun = feed_position(api)
            assert begun["epoch"] != seen_outside["epoch"]
            with pytest.raises(Exception, match="410"):
                api.get("audit", "/v1/feed", **stale)
            fresh = post_finding(api, suppliers[0], "afterwards")
            wait_until_fresh(api)
            assert fresh in counted(api, suppliers[0])
            query = "SELECT seq, base FROM scoring.feed_cursor WHERE source = 'audit'"
            cursor = run(str(binaries / "psql"), target, "--no-align", "--tuples-only", f"--command={query}")
            assert cursor.strip() == f"{begun['head'] + 1}|0", "it went on where it was; nothing was read twice"
