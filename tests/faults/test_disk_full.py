"""A disk that is full, under uploads and under PostgreSQL: refused as 503, nothing half-done, well again with space."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from local.servers.account import server_account
from shared.storage import LocalFolder
from tests.audit.evidence import JPEG, holding, supplier_client, upload, url_of
from tests.audit.programme import add_audit, add_finding, add_supplier
from tests.faults import invariants
from tests.faults.programme import Programme
from tests.stage import Stage
from tests.tried import Tried

SPACE = "1m"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder of 1 MiB in a mount namespace of its own, reached through a process that lives there."""
    account = server_account()
    if account is None or not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        pytest.skip("a small file system of one's own takes root, unshare and setpriv")
    script = (
        f"mount -t tmpfs -o size={SPACE},mode=0700,uid={account.uid},gid={account.gid} none /mnt && echo ready &&"
        f" exec setpriv --reuid={account.uid} --regid={account.gid} --clear-groups sleep 600"
    )
    with subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() != "ready\n":
                pytest.skip("nothing may be mounted here")
            yield Path(f"/proc/{holder.pid}/root/mnt")
        finally:
            holder.kill()


def fill(folder: Path, leaving: int = 0) -> Path:
    """Take up all space there but so much."""
    filler = folder / "filler"
    free = os.statvfs(folder)
    filler.write_bytes(b"x" * max(0, free.f_bavail * free.f_bsize - leaving))
    return filler


async def test_a_full_folder_refuses_uploads_and_takes_them_again_when_there_is_space(
    stage: Stage, small_disk: Path, tmp_path: Path, tried: Tried
) -> None:
    await add_supplier(stage)
    finding = await add_finding(stage, await add_audit(stage))
    folder = small_disk / "files"
    folder.mkdir()
    store = LocalFolder(tmp_path / "files")
    store._folder = folder  # what is written; the library that reads takes no path through another process's root
    with holding(stage, store):
        async with supplier_client(stage, finding) as client:
            filler = fill(small_disk, leaving=8192)
            large = JPEG + b"x" * 50_000
            refused = await upload(client, url_of(finding), large)
            assert refused.status_code == 503, refused.text
            assert refused.headers["content-type"] == "application/problem+json"
            assert list(folder.iterdir()) == [], "nothing half-written stays"
            assert await stage.psql("audit", "SELECT 1 FROM stored_file") == []
            filler.unlink()
            taken = await upload(client, url_of(finding), large)
            assert taken.status_code == 201, taken.text
            assert len(list(folder.iterdir())) == 1
    tried("a full folder for uploads", operations=1, requests=2, attacks=1)


async def test_a_full_disk_under_postgresql_refuses_writes_and_takes_them_again_when_there_is_space(
    stage: Stage, small_disk: Path, tried: Tried
) -> None:
    """Suppliers and their events are put on the small disk; whatever finds no space there is rolled back as a whole."""
    space = small_disk / "tablespace"
    space.mkdir(mode=0o700)
    account = server_account()
    assert account is not None
    os.chown(space, *account.owner)
    admin = await asyncpg.connect(stage.servers.admin_url.rpartition("/")[0] + "/bellwether")
    programme = Programme(stage)
    tables = ("registry.supplier", "registry.feed_event", "registry.audit_log")
    try:
        await admin.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        for table in tables:
            await admin.execute(f"ALTER TABLE {table} SET TABLESPACE small")
        await programme.add_supplier()
        filler = fill(small_disk)
        refused = written = 0
        async with stage.machine("registry") as client:
            for number in range(60):
                body = {"code": f"FULL{number}", "name": "One", "aliases": [f"{number}-{n:0>180}" for n in range(10)]}
                answer = await client.post("/v1/suppliers", json=body, headers={"Idempotency-Key": body["code"]})
                assert answer.status_code in {201, 503}, answer.text
                written += answer.status_code == 201
                refused += answer.status_code == 503
            assert refused
            assert (await client.get("/v1/suppliers")).status_code == 200, "what is there can be read"
            filler.unlink()
            for number in range(60):
                body = {"code": f"FULL{number}", "name": "One", "aliases": [f"{number}-{n:0>180}" for n in range(10)]}
                again = await client.post("/v1/suppliers", json=body, headers={"Idempotency-Key": body["code"]})
                assert again.status_code == 201, again.text
        events = await invariants.feed_of(stage, "registry")
        assert len({event["subject"] for event in events}) == len(events) == 61
        await stage.settle()
        await invariants.all_holds(stage, programme)
        tried("a full disk under PostgreSQL", operations=1, requests=120 + programme.written, attacks=refused)
    finally:
        for table in tables:
            await admin.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        await admin.execute("DROP TABLESPACE IF EXISTS small")
        await admin.close()
