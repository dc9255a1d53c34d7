"""Courses: how often they were viewed, who completed them, and what follows from a standard's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.audit.programme import ago
from tests.e2e.published import cast
from tests.engagement.test_xapi import COMPLETED, SUPPLIER, VIEWED, send, statement

ISO_LINK = "https://learning.example/courses/14001"
COUNTED_VIEWS, SUPPLIERS_COUNTED = 20, range(1, 13)
TOLD_VIEWS, TOLD_TO_HAVE_COMPLETED = 103, (1, 6)
COMPLETED_BY_API = 2


async def learn(client: httpx.AsyncClient) -> dict[str, Any]:
    """A year of the ISO 14001 course and one on the RBA code; returns the first as it stands then."""
    course = await _create(client, "ISO-14001", "ISO 14001", ISO_LINK)
    code = await _create(client, "RBA-8", "RBA", "https://learning.example/courses/rba")
    for number in SUPPLIERS_COUNTED:
        body = {"supplier_code": cast.code(number), "on": ago(100), "count": COUNTED_VIEWS}
        await _record(client, code, "views", body)
    views = [_said(VIEWED, number=1 + n % 20, days_ago=n + 1) for n in range(TOLD_VIEWS)]
    done = [_said(COMPLETED, number=number, days_ago=70) for number in TOLD_TO_HAVE_COMPLETED]
    for _ in range(2):  # a learning system that heard no answer tells everything once more
        answer = await send(client, [*views, *done])
        assert answer.status_code == 200, answer.text
    person = {"supplier_code": cast.code(COMPLETED_BY_API), "person_ref": "p-0001", "on": ago(40)}
    await _record(client, course, "completions", person)
    read: dict[str, Any] = (await client.get(f"/v1/courses/{course['id']}")).json()
    return read


async def _create(client: httpx.AsyncClient, code: str, standard: str, link: str) -> dict[str, Any]:
    body = {"code": code, "title": f"{standard} in short", "language": "zh-TW", "standard": standard, "links": [link]}
    answer = await client.post("/v1/courses", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def _record(client: httpx.AsyncClient, course: dict[str, Any], what: str, body: dict[str, Any]) -> None:
    answer = await client.post(f"/v1/courses/{course['id']}/{what}", json=body)
    assert answer.status_code == 201, answer.text


def _said(verb: str, number: int, days_ago: int) -> dict[str, Any]:
    """What the learning system tells of one of a supplier's people."""
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    actor = {"mbox": f"mailto:{cast.address('ann', number)}"}
    context = {"extensions": {SUPPLIER: cast.code(number)}}
    return statement(verb, object={"id": ISO_LINK}, actor=actor, context=context, timestamp=moment.isoformat())
