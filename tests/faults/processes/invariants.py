"""What must hold after any fault: nothing lost, nothing wrong, nothing doubled, and no backlog."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from services.scoring.service.following import KEPT
from tests.faults.processes.client import Client
from tests.faults.processes.ground import Ground
from tests.faults.processes.world import TODAY, World
from tests.oracle.sql_scoring import RECALCULATE

SOURCES = ("registry", "audit", "engagement")
SERVICES = (*SOURCES, "scoring")
LOOK_SECONDS = 0.2
LEASE_SECONDS = 60
TOLD_ONCE = """
    SELECT resource, resource_id, count(*) AS told, count(DISTINCT version) AS versions, max(version) AS last
    FROM feed_event GROUP BY resource, resource_id
    HAVING count(*) <> count(DISTINCT version) OR (max(version) <> count(*) AND resource <> 'risk_tier')
"""
"""A tier is told under the version of its score, which it shares with changes that leave the tier alone."""
PLACES = "SELECT count(*) AS places, coalesce(max(feed_seq), 0) AS last, (SELECT head FROM feed_state) FROM feed_event"
LOGGED_TWICE = """
    SELECT action, resource_id, version FROM audit_log GROUP BY action, resource_id, version HAVING count(*) > 1
"""
NEWEST = """
    SELECT DISTINCT ON (resource_id) resource_id, feed_seq, data FROM feed_event WHERE resource = $1
    ORDER BY resource_id, feed_seq DESC
"""
WAITING = """
    SELECT kind || ' ' || status || ' ' || attempts || ' ' || coalesce(last_error, '') FROM task
    WHERE status IN ('queued', 'running') AND (next_attempt_at < now() + interval '1 hour' OR locked_until IS NOT NULL)
"""
UNSENT = """
    SELECT 'delivery of ' || e.id FROM feed_event e, webhook w WHERE e.type = ANY(w.events)
        AND NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.event_id = e.id AND d.status = 'delivered')
"""
"""Whoever uses this has webhooks that heard of everything from the first change on."""
OPEN = "SELECT 'recalculation ' || id FROM recalculation WHERE status IN ('queued', 'running')"
DIFFERING_HISTORY = """
    SELECT supplier_id FROM score WHERE version <> (SELECT count(DISTINCT score_version) FROM score_history h
        WHERE h.supplier_id = score.supplier_id) OR version <> (SELECT count(*) FROM feed_event e
        WHERE e.resource = 'score' AND e.resource_id = score.supplier_id)
"""


@dataclass
class Found:
    """What was found, in words; the suite wants all of it empty."""

    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, float]:
        return {"losses": len(self.lost), "wrong": len(self.wrong), "doubled": len(self.doubled)}

    def add(self, other: "Found") -> None:
        self.lost += other.lost
        self.wrong += other.wrong
        self.doubled += other.doubled

    def assert_nothing(self) -> None:
        shown = {name: (len(found), found[:5]) for name, found in vars(self).items() if found}
        assert not shown, shown


async def wait_for_scores(client: Client, seconds: float) -> float:
    """Seconds until everything known was scored."""
    began = time.monotonic()
    while True:
        fresh = await client.get("scoring", "/v1/freshness")
        if fresh["fresh"]:
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, f"the backlog is not gone after {seconds:.0f} s: {fresh}"
        await asyncio.sleep(LOOK_SECONDS)


async def wait_for_tasks(ground: Ground, seconds: float) -> float:
    """Seconds until no import, delivery or other task waits any more."""
    began = time.monotonic()
    while True:
        waiting = [f"{service}: {row[0]}" for service in SERVICES for row in await _rows(ground, service, WAITING)]
        for query in (UNSENT, OPEN):
            waiting += [row[0] for row in await _rows(ground, "scoring", query)]
        if not waiting:
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, f"tasks are not done after {seconds:.0f} s: {waiting[:5]}"
        await asyncio.sleep(LOOK_SECONDS)


async def let_leases_end(ground: Ground) -> None:
    """As if a minute had passed: whatever a worker had in its hands when it died can be taken over."""
    for service in SERVICES:
        await _rows(ground, service, "UPDATE task SET locked_until = now() WHERE locked_until IS NOT NULL")
    await _rows(ground, "scoring", "UPDATE webhook_delivery SET next_attempt_at = now() WHERE status = 'pending'")


async def check(ground: Ground, world: World, client: Client) -> Found:
    """Everything, once nothing is under way any more."""
    found = Found(wrong=[*client.tally.server_errors, *world.overwritten])
    await _check_writes(client, world, found)
    await _check_imports(client, world, found)
    for service in SERVICES:
        await _check_feed(ground, service, found)
    await _check_copies(ground, found)
    await _check_scores(ground, client, found)
    for name in ("dead", "failed"):
        for service in SERVICES:
            tasks = await _rows(ground, service, "SELECT kind, last_error FROM task WHERE status = $1", name)
            found.lost += [f"{service}: task {row['kind']} is {name}: {row['last_error']}" for row in tasks]
    return found


async def _check_writes(client: Client, world: World, found: Found) -> None:
    held = await client.items("audit", "/v1/findings")
    counted = Counter(one["finding_ref"] for one in held)
    found.lost += [f"finding {ref}" for ref in world.findings if not counted[ref]]
    found.doubled += [f"finding {ref}" for ref, times in counted.items() if times > 1]
    status = {one["finding_ref"]: one["status"] for one in held}
    found.lost += [f"closing of {ref}" for ref in world.closed if status.get(ref) != "closed"]
    known = {supplier["id"]: supplier["version"] for supplier in await client.items("registry", "/v1/suppliers")}
    for supplier_id, versions in world.renamed.items():
        found.doubled += [f"version {v} of {supplier_id}" for v, times in Counter(versions).items() if times > 1]
        if max(versions) > known[supplier_id]:
            found.lost.append(f"version {max(versions)} of {supplier_id}")
    for event_id in world.events:
        attended = await client.items("engagement", f"/v1/events/{event_id}/attendances")
        here = {key: minutes for key, (of, minutes) in world.attendances.items() if of == event_id}
        there = {one["id"]: one for one in attended}
        found.lost += [f"attendance {key}" for key in here.keys() - there.keys()]
        found.doubled += [f"attendance {key}" for key in there.keys() - here.keys()]
        hours = sum(minutes for key, minutes in here.items() if key in there) / 60
        if abs(sum(float(one["person_hours"]) for one in attended) - hours) > 0.01 * max(1, len(attended)):
            found.wrong.append(f"hours of {event_id}: {hours}")
    for supplier_id, times in world.submissions.items():
        path = f"/v1/surveys/{world.survey}/responses/{supplier_id}/submissions"
        kept = len(await client.items("audit", path))
        if kept != times:
            (found.lost if kept < times else found.doubled).append(f"submission of {supplier_id}: {kept} of {times}")
    orders = {one["id"]: one["status"] for one in await client.items("scoring", "/v1/recalculations")}
    for key in world.recalculations:
        if orders.get(key) not in ("succeeded", "cancelled"):  # a policy that is published takes the place of one
            found.lost.append(f"recalculation {key} is {orders.get(key)}")
    policies = {one["version"]: one["status"] for one in await client.items("scoring", "/v1/policies")}
    found.lost += [f"policy {version}" for version in world.policies if policies.get(version) != "published"]


async def _check_imports(client: Client, world: World, found: Found) -> None:
    for run_id, rows in world.imports.items():
        run = await client.get("audit", f"/v1/imports/{run_id}")
        figures = [run[name] for name in ("status", "total", "succeeded", "failed", "unchanged")]
        if figures != ["succeeded", rows, rows, 0, 0]:
            found.wrong.append(f"import {run_id} of {rows} rows: {figures}")


async def _check_feed(ground: Ground, service: str, found: Found) -> None:
    """Each version of each resource is told once, every event has a place, and no place is empty."""
    found.doubled += [f"{service} tells {dict(row)}" for row in await _rows(ground, service, TOLD_ONCE)]
    found.doubled += [f"{service} logs {dict(row)}" for row in await _rows(ground, service, LOGGED_TWICE)]
    (row,) = await _rows(ground, service, PLACES)
    if not row["places"] == row["last"] == row["head"]:
        found.lost.append(f"{service}: {row['places']} events in places up to {row['last']}, head {row['head']}")


async def _check_copies(ground: Ground, found: Found) -> None:
    """What scoring holds of a resource is what its own service last said of it."""
    for (source, resource), (copy, read) in KEPT.items():
        told = {row["resource_id"]: json.loads(row["data"]) for row in await _rows(ground, source, NEWEST, resource)}
        query = f"SELECT * FROM {copy.__tablename__} WHERE superseded_pos IS NULL"
        held = await _rows(ground, "scoring", query)
        found.doubled += [f"copy {key}" for key, times in Counter(row["id"] for row in held).items() if times > 1]
        by_id = {row["id"]: row for row in held}
        for key, data in told.items():
            expected = read(key, data)
            if expected is None:
                continue
            if key not in by_id:
                found.lost.append(f"{resource} {key} is not known to scoring")
            elif differing := [name for name, value in expected.items() if not _same(by_id[key][name], value)]:
                found.lost.append(f"{', '.join(differing)} of {resource} {key} as last told")
    for table in ("feed_parked", "dirty", "incomplete"):
        found.lost += [f"{table}: {dict(row)}" for row in await _rows(ground, "scoring", f"SELECT * FROM {table}")]


def _same(held: Any, expected: Any) -> bool:
    if isinstance(held, str) and (expected is None or isinstance(expected, dict | list)):
        return bool(json.loads(held) == expected)
    return bool(held == expected or (isinstance(held, list | tuple) and list(held) == list(expected)))


async def _check_scores(ground: Ground, client: Client, found: Found) -> None:
    """Stored scores are what their own recomputation says, and what SQL that shares no code with it says."""
    asked = await client.made("scoring", "/v1/verifications", {"scope": "all"})
    done = asked
    while done["status"] in ("queued", "running"):
        await asyncio.sleep(LOOK_SECONDS)
        done = await client.get("scoring", f"/v1/verifications/{asked['id']}")
    assert done["status"] == "succeeded", done
    found.wrong += [f"drift: {drift}" for drift in done["drifts"]]
    differing = "SELECT supplier_id, version FROM score"
    before = {row["supplier_id"]: row["version"] for row in await _rows(ground, "scoring", differing)}
    assert before, "there are scores to look at"
    async with ground.database("scoring") as connection:
        changing = connection.transaction()
        await changing.start()
        await connection.execute("UPDATE score SET policy_version = 1")  # SQL knows these rules under that version
        await connection.execute(RECALCULATE, TODAY)
        after = {row["supplier_id"]: row["version"] for row in await connection.fetch(differing)}
        await changing.rollback()
    found.wrong += [
        f"score of {key} by SQL" for key in before.keys() | after.keys() if before.get(key) != after.get(key)
    ]
    told = await _rows(ground, "scoring", DIFFERING_HISTORY)
    found.doubled += [f"versions of the score of {row['supplier_id']}" for row in told]


async def _rows(ground: Ground, schema: str, query: str, *arguments: Any) -> Sequence[asyncpg.Record]:
    async with ground.database(schema) as connection:
        rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
        return rows
