"""Support meetings, what they treat and what is promised in them, to try the rules on."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from services.engagement import tasks
from tests.audit.programme import add_audit, add_finding, add_supplier, ago
from tests.engagement.programme import create_event
from tests.stage import Stage

ROOT_CAUSE = "Orders are confirmed before shifts are planned"
BEST_PRACTICE = "A planner for each line, as at the sister plant"
WHAT = "Plan shifts before orders are confirmed"


class Between(httpx.AsyncBaseTransport):
    """Stands before an application: does something once it has answered, which may keep the answer from arriving."""

    def __init__(self, application: httpx.AsyncBaseTransport, then: Callable[[httpx.Request], Awaitable[None]]) -> None:
        self.application = application
        self.then = then
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.application.handle_async_request(request)
        self.asked += 1
        await self.then(request)
        return answer


@contextmanager
def away(stage: Stage, service: str, answering: httpx.AsyncBaseTransport | None = None) -> Iterator[None]:
    """The service does not answer, or something else does in its place."""
    application = stage.transport.applications.pop(service)
    if answering is not None:
        stage.transport.applications[service] = answering
    try:
        yield
    finally:
        stage.transport.applications[service] = application


async def pull(stage: Stage, *sources: str) -> None:
    """What engagement's worker does when the bell of these services rings."""
    follower = tasks.follower(stage.resources("engagement"))
    for source in sources:
        while await follower.pull(source):
            pass


async def known_finding(stage: Stage, code: str = "S1", **fields: Any) -> dict[str, Any]:
    """A new supplier's finding, known to engagement."""
    await add_supplier(stage, code)
    finding = await add_finding(stage, await add_audit(stage, supplier_code=code), **fields)
    await pull(stage, "registry", "audit")
    return finding


async def create_meeting(client: httpx.AsyncClient, days_ago: int = 30, **changes: Any) -> dict[str, Any]:
    """A support meeting of an hour in the middle of that day."""
    day = ago(days_ago)
    fields = {
        "event_ref": "MTG-1",
        "kind": "support_meeting",
        "title": "Quarterly support meeting",
        "starts_at": f"{day}T09:00:00Z",
        "ends_at": f"{day}T10:00:00Z",
        "speakers": [],
    }
    return await create_event(client, **{**fields, **changes})


async def treat(client: httpx.AsyncClient, meeting: dict[str, Any], finding: dict[str, Any], **body: Any) -> None:
    answer = await client.put(f"/v1/events/{meeting['id']}/treated-findings/{finding['id']}", json=body)
    assert answer.status_code == 201, answer.text


async def promise(
    client: httpx.AsyncClient, meeting: dict[str, Any], finding: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    body = {"finding_id": finding["id"], "what": WHAT, "due_on": ago(1), **changes}
    answer = await client.post(f"/v1/events/{meeting['id']}/commitments", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def promised(stage: Stage, finding: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A commitment about the finding, made in a meeting that treats it."""
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        await treat(client, meeting, finding)
        return await promise(client, meeting, finding, **changes)


def url_of(commitment: dict[str, Any]) -> str:
    return f"/v1/events/{commitment['event_id']}/commitments/{commitment['id']}"


async def read(stage: Stage, service: str, url: str, **params: Any) -> dict[str, Any]:
    async with stage.machine(service) as client:
        answer = await client.get(url, params=params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


async def ids(stage: Stage, service: str, url: str, **params: Any) -> list[str]:
    return [item["id"] for item in (await read(stage, service, url, **params))["items"]]


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]
