"""A mixed load without a pause: what people, machines and readers do all day, each until it is answered."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.faults.processes.client import Client
from tests.faults.processes.world import CATEGORIES, World, ago

PAUSE_SECONDS = 0.05
ROWS = (40, 120)
STEPS = (("PUT", "plan"), ("POST", "plan/approve"), ("POST", "implement"), ("POST", "close"))
REACHED = ("open", "plan_submitted", "plan_approved", "implemented", "closed")
PLAN = {"root_cause": "No one plans shifts", "corrective_action": "A planner for each line"}
CHANGED_MEANWHILE = (409, 412)


class Load:
    """Actors that go on until they are told to stop; each first has its last request answered."""

    def __init__(self, world: World, client: Client, people: list[Client], chance: random.Random) -> None:
        self.world, self.client, self.people, self.chance = world, client, people, chance
        self._numbers = itertools.count()
        self._stop = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything at once for the time of a block; an actor that fails fails it."""
        actors = (
            self.post_findings, self.close_findings, self.rename_suppliers, self.rename_suppliers, self.attend,
            self.answer_surveys, self.import_findings, self.recalculate, self.publish_policies, self.read,
        )  # fmt: skip
        running = [asyncio.create_task(self._forever(actor), name=actor.__name__) for actor in actors]
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*running)

    async def _forever(self, act: Callable[[], Awaitable[None]]) -> None:
        while not self._stop.is_set():
            await act()
            await self._rest(0, 2 * PAUSE_SECONDS)

    async def _rest(self, least: float, most: float) -> None:
        """A pause that ends early with the load."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), self.chance.uniform(least, most))

    def _supplier(self) -> tuple[str, str]:
        return self.chance.choice(list(self.world.suppliers.items()))

    async def post_findings(self) -> None:
        code, supplier_id = self._supplier()
        await post_finding(self.client, self.world, f"{self.world.prefix}-{next(self._numbers)}", code, supplier_id)

    async def close_findings(self) -> None:
        """Lead one of the findings from its plan to its closing; two people, and whoever handed the plan in."""
        waiting = sorted(self.world.finding_ids.keys() - self.world.closed)
        if not waiting:
            return
        ref = self.chance.choice(waiting)
        actors = (self.client, self.people[0], self.client, self.people[1])
        for n, (actor, (method, name)) in enumerate(zip(actors, STEPS, strict=True)):
            await self._take_step(actor, self.world.finding_ids[ref], method, name, REACHED[n])
        self.world.closed.add(ref)

    async def _take_step(self, actor: Client, finding_id: str, method: str, name: str, before: str) -> None:
        path = f"/v1/findings/{finding_id}"
        while True:
            held = await actor.call("GET", "audit", path)
            if REACHED.index(held.json()["status"]) > REACHED.index(before):
                return
            headers = {"If-Match": held.headers["etag"]}
            body = PLAN if name == "plan" else {}
            answer = await actor.call(method, "audit", f"{path}/{name}", json=body, headers=headers)
            if answer.status_code not in CHANGED_MEANWHILE:
                assert answer.is_success, (name, answer.status_code, answer.text)
                return

    async def rename_suppliers(self) -> None:
        """One of two who do this: a version of a supplier belongs to one of them at most."""
        _, supplier_id = self._supplier()
        path = f"/v1/suppliers/{supplier_id}"
        held = await self.client.call("GET", "registry", path)
        await asyncio.sleep(self.chance.uniform(0, PAUSE_SECONDS))
        answer = await self.client.call(
            "PATCH", "registry", path, json={"name": f"Name {next(self._numbers)}"},
            headers={"If-Match": held.headers["etag"]},
        )  # fmt: skip
        if answer.status_code != 412:
            assert answer.is_success, answer.text
            self.world.renamed.setdefault(supplier_id, []).append(answer.json()["version"])
            if answer.json()["version"] != held.json()["version"] + 1:
                self.world.overwritten.append(f"version {answer.json()['version']} of {supplier_id}")

    async def attend(self) -> None:
        code, _ = self._supplier()
        event_id = self.chance.choice(self.world.events)
        joined = datetime.fromisoformat(f"{ago(20)}T10:00:00+00:00")
        minutes = self.chance.randrange(10, 300)
        body = {
            "supplier_code": code, "person_ref": f"p-{next(self._numbers)}", "joined_at": joined.isoformat(),
            "left_at": (joined + timedelta(minutes=minutes)).isoformat(),
        }  # fmt: skip
        made = await self.client.made("engagement", f"/v1/events/{event_id}/attendances", body)
        self.world.attendances[made["id"]] = (event_id, minutes)

    async def answer_surveys(self) -> None:
        """Save and submit a response; one that was submitted before is reopened first."""
        _, supplier_id = self._supplier()
        path = f"/v1/surveys/{self.world.survey}/responses/{supplier_id}"
        held = await self.client.call("GET", "audit", path)
        if held.json()["status"] == "submitted":
            reopened = {"If-Match": held.headers["etag"]}
            await self.people[0].made("audit", f"{path}/reopen", {"reason": "Once more"}, **reopened)
        answers = {f"q_{category}": {"value": self.chance.random() < 0.5} for category in CATEGORIES}
        while True:
            held = await self.client.call("GET", "audit", path)
            saved = await self.client.call(
                "PUT", "audit", path, json={"answers": answers}, headers={"If-Match": held.headers["etag"]}
            )
            if saved.status_code not in CHANGED_MEANWHILE:
                break
        assert saved.is_success, saved.text
        await self.client.made("audit", f"{path}/submit", None, **{"If-Match": saved.headers["etag"]})
        self.world.submissions[supplier_id] = self.world.submissions.get(supplier_id, 0) + 1

    async def import_findings(self) -> None:
        await start_import(self.client, self.world, self.chance.randrange(*ROWS), f"file-{next(self._numbers)}")
        await self._rest(1, 3)

    async def recalculate(self) -> None:
        answer = await self.client.call("POST", "scoring", "/v1/recalculations", json={"reason": "The storm"})
        if answer.status_code != 409:
            assert answer.status_code == 202, answer.text
            self.world.recalculations.add(answer.json()["id"])
        await self._rest(1, 3)

    async def publish_policies(self) -> None:
        """The same rules under another version, from today on: everybody is scored anew by it."""
        draft = await self.client.call("POST", "scoring", "/v1/policies", json={"based_on": 1, "note": "The storm"})
        assert draft.status_code == 201, draft.text
        path = f"/v1/policies/{draft.json()['version']}/publish"
        headers = {"If-Match": draft.headers["etag"]}
        published = await self.people[0].made("scoring", path, {"valid_from": ago(0)}, **headers)
        assert published["status"] == "published"
        self.world.policies.add(published["version"])
        await self._rest(4, 8)

    async def read(self) -> None:
        _, supplier_id = self._supplier()
        for path in (f"/v1/scores/{supplier_id}/explanation", f"/v1/scores/{supplier_id}", "/v1/scores"):
            answer = await self.client.call("GET", "scoring", path)
            assert answer.status_code in (200, 404), (path, answer.text)  # 404: its first score is yet to come


async def post_finding(client: Client, world: World, ref: str, code: str, supplier_id: str) -> httpx.Response:
    """Post a finding until it is answered, and keep that it was."""
    body = finding_body(world, ref, code)
    answer = await client.call("POST", "audit", "/v1/findings", json=body)
    assert answer.status_code == 201, (answer.status_code, answer.text)
    keep_finding(world, answer.json(), supplier_id)
    return answer


def finding_body(world: World, ref: str, code: str) -> dict[str, Any]:
    return {
        "finding_ref": ref, "audit_id": world.audits[code], "code_version": "8.0", "provision": "A3",
        "severity": "minor", "discovered_on": ago(60),
    }  # fmt: skip


def keep_finding(world: World, made: dict[str, Any], supplier_id: str) -> None:
    world.findings[made["finding_ref"]] = supplier_id
    world.finding_ids[made["finding_ref"]] = made["id"]


async def start_import(client: Client, world: World, rows: int, name: str) -> str:
    """Hand in a file of findings of all suppliers; its rows are promised with the answer."""
    codes = list(world.suppliers)
    lines = ["finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on"]
    refs = {f"{world.prefix}-{name}-{n}": codes[n % len(codes)] for n in range(rows)}
    lines += [f"{ref},VAP-{code},{code},A3,8.0,minor,{ago(70)}" for ref, code in refs.items()]
    answer = await client.call(
        "POST", "audit", "/v1/imports/findings", content="\n".join(lines).encode(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 202, answer.text
    run_id = str(answer.json()["id"])
    world.imports[run_id] = rows
    world.findings.update({ref: world.suppliers[code] for ref, code in refs.items()})
    return run_id
