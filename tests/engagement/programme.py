"""Suppliers and events to try engagement's rules on."""

from typing import Any

import httpx

from tests.stage import Stage

FORUM = {
    "event_ref": "FRM-1",
    "kind": "forum",
    "title": "Human Rights Forum",
    "topic": "Recruitment fees and working hours",
    "provisions": ["A1", "A3"],
    "starts_at": "2026-04-16T13:30:00+08:00",
    "ends_at": "2026-04-16T17:00:00+08:00",
    "time_zone": "Asia/Taipei",
    "language": "zh-TW",
    "channel": "hybrid",
    "speakers": [{"name": "Lin Mei", "role": "third-party auditor"}],
}
COLUMNS = "event_ref,kind,title,starts_at,ends_at,supplier_code,person_ref,persons,joined_at,left_at,rating"


async def create_supplier(stage: Stage, code: str) -> str:
    """A supplier at the registry; returns its id."""
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={"code": code, "name": f"Company {code}"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def create_event(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """An event, the forum but for `changes`."""
    answer = await client.post("/v1/events", json={**FORUM, **changes})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def attend(client: httpx.AsyncClient, event_id: str, **attendance: Any) -> dict[str, Any]:
    """An attendance."""
    answer = await client.post(f"/v1/events/{event_id}/attendances", json=attendance)
    assert answer.status_code == 201, answer.text
    recorded: dict[str, Any] = answer.json()
    return recorded


async def told(client: httpx.AsyncClient, resource: str) -> list[dict[str, Any]]:
    """What the feed tells of a kind of resource: (type, data) in order."""
    events = (await client.get("/v1/feed", params={"limit": 5000})).json()["events"]
    return [event for event in events if event["type"].split(".")[0] == resource]
