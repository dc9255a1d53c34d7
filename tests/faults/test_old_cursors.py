"""A producer or a consumer that is restored from an older dump than the other: read again or anew, counted once."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local.servers.programs import find_programs
from services.scoring.worker import ScoresWorker
from shared.feed import reading
from shared.ids import new_id
from tests.faults import invariants
from tests.faults.programme import SOURCES, Programme
from tests.stage import Stage
from tests.tried import Tried

Dump = Callable[[str], Path]


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find_programs(tmp_path_factory.mktemp("programs"), None).postgres.parent


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Schema:
    """One service's data, saved and brought back as operators do it; its process is away meanwhile."""

    def __init__(self, stage: Stage, binaries: Path, folder: Path, service: str) -> None:
        self._stage, self._binaries, self._service = stage, binaries, service
        self._dump = folder / f"{service}.dump"
        self._url = stage.servers.admin_url.rpartition("/")[0] + "/bellwether"

    def save(self) -> None:
        run(str(self._binaries / "pg_dump"), "-Fc", f"--schema={self._service}", f"--file={self._dump}", self._url)

    async def restore(self) -> None:
        await self._stage.resources(self._service).database.close()
        target = f"--dbname={self._url}"
        run(str(self._binaries / "pg_restore"), "--clean", "--if-exists", "--exit-on-error", target, str(self._dump))


async def follow(stage: Stage) -> None:
    worker = ScoresWorker(stage.resources("scoring"))
    await worker.tick()
    await worker.tick()  # the first one may only have learned that a feed begins anew


async def begin_anew(stage: Stage, service: str) -> None:
    """What `bellwether restored` does to a feed whose consumers were not restored with it."""
    async with stage.resources(service).database.transaction() as session:
        await reading.begin_epoch(session, new_id())


async def test_a_consumer_that_is_restored_older_than_its_producers_takes_in_again_what_it_has_lost(
    stage: Stage, binaries: Path, tmp_path: Path, tried: Tried
) -> None:
    programme = Programme(stage)
    await programme.add_supplier()
    await follow(stage)
    scoring = Schema(stage, binaries, tmp_path, "scoring")
    scoring.save()
    for source in SOURCES:
        await programme.write(source)
    await programme.add_supplier()
    await follow(stage)
    await scoring.restore()
    await programme.write("audit")
    await follow(stage)
    await invariants.all_holds(stage, programme)
    tried("a consumer restored older than its producers", operations=1, requests=programme.written, attacks=1)


@pytest.mark.parametrize("written_again", [0, 3], ids=["behind the cursor", "beyond the cursor"])
async def test_a_producer_that_is_restored_older_than_its_consumers_cursor_is_read_anew(
    stage: Stage, binaries: Path, tmp_path: Path, written_again: int, tried: Tried
) -> None:
    """What the producer lost stays in scoring until evidence says otherwise; nothing that is there is missed."""
    programme = Programme(stage)
    await programme.add_supplier()
    await follow(stage)
    audit = Schema(stage, binaries, tmp_path, "audit")
    audit.save()
    (supplier_id,) = programme.suppliers
    lost = await programme.add_finding(supplier_id)
    await follow(stage)
    await audit.restore()
    await begin_anew(stage, "audit")
    for _ in range(written_again):
        await programme.add_finding(supplier_id)
    await follow(stage)
    (cursor,) = await stage.psql("scoring", "SELECT seq, base FROM feed_cursor WHERE source = 'audit'")
    assert (cursor["seq"], cursor["base"] > 0) == (len(await invariants.feed_of(stage, "audit")), True)
    there = {event["subject"] for event in await invariants.feed_of(stage, "audit") if "finding" in event["type"]}
    rows = await stage.psql("scoring", "SELECT id FROM finding_copy WHERE superseded_pos IS NULL")
    assert {str(row["id"]) for row in rows} == there | {lost}
    await invariants.every_score_is_what_the_evidence_comes_to(stage, programme)
    tried("a producer restored older than its consumer", operations=1, requests=programme.written, attacks=1)
