"""Dump, lose everything, restore: what was saved is there, the services go on where they were, readers are told."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.environment import DATABASE
from local.servers.embedded import servers_for_tests
from local.servers.programs import find_programs
from local.supervisor import PROJECT
from migrations import bootstrap as bootstrapping
from tests.stage import PASSWORDS, Stage, url_of_role
from tests.tried import Tried

DISCOVERED = (datetime.now(UTC).date() - timedelta(days=10)).isoformat()
SUPPLIERS = 6


def with_database(admin_url: str) -> str:
    return admin_url.rpartition("/")[0] + f"/{DATABASE}"


async def run(*command: str, **environment: str) -> str:
    running = await asyncio.create_subprocess_exec(
        *command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await running.communicate()
    assert running.returncode == 0, complained.decode()
    return said.decode()


async def get(stage: Stage, service: str, path: str, **query: Any) -> Any:
    async with stage.machine(service) as client:
        answer = await client.get(path, params=query)
    assert answer.status_code == 200, (answer.status_code, answer.text)
    return answer.json()


async def post(stage: Stage, service: str, path: str, body: dict[str, Any]) -> str:
    """The id of what was made."""
    async with stage.machine(service) as client:
        answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def post_finding(stage: Stage, supplier_id: str, ref: str) -> str:
    body = {
        "supplier_id": supplier_id, "finding_ref": ref, "standard": "RBA", "code_version": "8.0", "provision": "A3",
        "severity": "minor", "discovered_on": DISCOVERED,
    }  # fmt: skip
    return await post(stage, "audit", "/v1/findings", body)


async def counted(stage: Stage, supplier_id: str) -> set[str]:
    """The findings that its score is made of."""
    explanation = await get(stage, "scoring", f"/v1/scores/{supplier_id}/explanation")
    assert explanation["score"] == (await get(stage, "scoring", f"/v1/scores/{supplier_id}"))["score"]
    return {finding["id"] for finding in explanation["findings"]}


async def feed_position(stage: Stage) -> dict[str, Any]:
    page = await get(stage, "audit", "/v1/feed", after=0, limit=1)
    return {"epoch": page["epoch"], "after": page["head"]}


async def test_what_is_dumped_while_writes_go_on_is_restored_whole_and_the_services_go_on_from_there(
    stage: Stage, tmp_path: Path, tried: Tried
) -> None:
    dump = tmp_path / "bellwether.dump"
    binaries = find_programs(tmp_path, None).postgres.parent
    suppliers = [
        await post(stage, "registry", "/v1/suppliers", {"code": f"S{n}", "name": f"Supplier {n}"})
        for n in range(SUPPLIERS)
    ]
    saved = {await post_finding(stage, suppliers[n % SUPPLIERS], f"F{n}"): suppliers[n % SUPPLIERS] for n in range(24)}
    await stage.settle()
    source = with_database(stage.servers.admin_url)
    dumping = asyncio.create_task(run(str(binaries / "pg_dump"), "-Fc", f"--file={dump}", source))
    late = 0
    while not dumping.done():
        await post_finding(stage, suppliers[late % SUPPLIERS], f"late-{late}")
        late += 1
    await dumping
    await stage.settle()
    seen_outside = await feed_position(stage)

    # Everything is lost: other servers, empty.
    with servers_for_tests(tmp_path / "second") as servers:
        await bootstrapping.bootstrap(servers.admin_url, PASSWORDS)
        target = f"--dbname={with_database(servers.admin_url)}"
        await run(str(binaries / "pg_restore"), "--clean", "--if-exists", "--exit-on-error", target, str(dump))
        migrator = url_of_role(servers.admin_url, "migrator")
        await run(sys.executable, "-m", "bellwether", "restored", MIGRATION_DATABASE_URL=migrator)
        (house := tmp_path / "house").mkdir()
        async with Stage.open(servers, house) as restored:
            await restored.settle()
            for supplier_id in suppliers:
                mine = {finding for finding, owner in saved.items() if owner == supplier_id}
                page = await get(restored, "audit", "/v1/findings", supplier_id=supplier_id, limit=200)
                held = {one["id"] for one in page["items"]}
                assert page["next_cursor"] is None
                assert mine <= held
                assert await counted(restored, supplier_id) == held
            begun = await feed_position(restored)
            assert begun["epoch"] != seen_outside["epoch"]
            async with restored.machine("audit") as reader:
                assert (await reader.get("/v1/feed", params=seen_outside)).status_code == 410
            fresh = await post_finding(restored, suppliers[0], "afterwards")
            await restored.settle()
            assert fresh in await counted(restored, suppliers[0])
            query = "SELECT seq, base FROM feed_cursor WHERE source = 'audit'"
            (cursor,) = await restored.psql("scoring", query)
            assert tuple(cursor) == (begun["after"] + 1, 0), "it went on where it was; nothing was read twice"
            await restored.quiet()
    tried("a backup that is restored elsewhere", operations=1, requests=SUPPLIERS + len(saved) + late + 1, faults=1)
