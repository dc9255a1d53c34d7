"""A small programme to act on: a supplier, its audit, a finding, and the steps of its life."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from tests.stage import Stage

TODAY = datetime.now(UTC).date()
PLAN = {"root_cause": "No one plans shifts", "corrective_action": "A planner for each line"}
PATH_TO = {
    "open": (),
    "plan_submitted": ("plan",),
    "plan_rejected": ("plan", "plan/reject"),
    "plan_approved": ("plan", "plan/approve"),
    "implemented": ("plan", "plan/approve", "implement"),
    "closed": ("plan", "plan/approve", "implement", "close"),
    "withdrawn": ("withdraw",),
}
"""The requests that lead a fresh finding to each state."""


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def ago(days: int) -> str:
    return days_ago(days).isoformat()


async def add_supplier(stage: Stage, code: str = "S1", **fields: Any) -> str:
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={"code": code, "name": f"Supplier {code}", **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def post(client: httpx.AsyncClient, url: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(url, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def add_audit(stage: Stage, **fields: Any) -> dict[str, Any]:
    body = {"supplier_code": "S1", "kind": "vap", "standard": "RBA VAP 8.0", "conducted_on": ago(100), **fields}
    async with stage.machine("audit") as client:
        return await post(client, "/v1/audits", body)


async def add_finding(stage: Stage, audit: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {
        "code_version": "8.0",
        "provision": "A3",
        "severity": "major",
        "discovered_on": audit["conducted_on"],
        **fields,
    }
    async with stage.machine("audit") as client:
        return await post(client, f"/v1/audits/{audit['id']}/findings", body)


async def step(stage: Stage, finding_id: str, name: str, person: str = "ann", **body: Any) -> httpx.Response:
    """One step of a finding's life by a person who knows its newest version; the plan comes from the supplier."""
    url = f"/v1/findings/{finding_id}"
    async with stage.person("audit", "sam" if name in ("plan", "implement") else person) as client:
        headers = {"If-Match": (await client.get(url)).headers["etag"]}
        if name == "plan":
            return await client.put(f"{url}/plan", json={**PLAN, **body}, headers=headers)
        if name in ("plan/reject", "reopen", "withdraw"):
            body = {"reason": "It was not so", **body}
        return await client.post(f"{url}/{name}", json=body, headers=headers)


async def finding_in(stage: Stage, audit: dict[str, Any], state: str) -> dict[str, Any]:
    finding = await add_finding(stage, audit)
    for name in PATH_TO[state]:
        answer = await step(stage, finding["id"], name)
        assert answer.status_code == 200, answer.text
    return await read(stage, f"/v1/findings/{finding['id']}")


async def read(stage: Stage, url: str, **params: Any) -> dict[str, Any]:
    async with stage.machine("audit") as client:
        answer = await client.get(url, params=params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


async def events(stage: Stage, resource: str = "") -> list[dict[str, Any]]:
    page = await read(stage, "/v1/feed", limit=5000)
    return [event for event in page["events"] if event["type"].startswith(resource)]
