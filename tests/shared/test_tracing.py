"""A trace goes from a request through the feed and through tasks to whatever they cause."""

from io import StringIO
from typing import Any

import httpx
import orjson
import pytest

from shared import tracing
from shared.http import open_client
from shared.tasks import Lease, run_due
from shared.tasks.tables import enqueue
from tests.stage import Stage

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def lines(logged: StringIO, event: str) -> list[dict[str, Any]]:
    told = [orjson.loads(line) for line in logged.getvalue().splitlines()]
    return [line for line in told if line["event"] == event]


async def create_supplier(stage: Stage, headers: dict[str, str]) -> dict[str, Any]:
    """The event that creating a supplier, asked for with these headers, put into the feed."""
    async with stage.machine("registry") as client:
        await client.post("/v1/suppliers", json={"code": "S1", "name": "One"}, headers=headers)
        event: dict[str, Any] = (await client.get("/v1/feed")).json()["events"][0]
        return event


async def test_an_event_bears_the_trace_of_the_request_that_brought_it_about(stage: Stage, logged: StringIO) -> None:
    event = await create_supplier(stage, {"traceparent": PARENT})
    assert tracing.trace_id_of(event["traceparent"]) == TRACE
    assert event["traceparent"] != PARENT, "each part of a trace has a number of its own"
    assert lines(logged, "request")[0]["trace_id"] == TRACE


@pytest.mark.parametrize(
    "given",
    [
        None,
        "nonsense",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    ],
)
async def test_without_a_trace_that_makes_sense_one_begins(stage: Stage, given: str | None) -> None:
    event = await create_supplier(stage, {} if given is None else {"traceparent": given})
    begun = tracing.trace_id_of(event["traceparent"])
    assert len(begun) == 32
    assert begun not in (TRACE, "0" * 32)


async def test_whoever_follows_a_feed_says_which_traces_it_has_taken_in(stage: Stage, logged: StringIO) -> None:
    await create_supplier(stage, {"traceparent": PARENT})
    await stage.settle()
    for said in ("events taken in", "suppliers scored"):
        assert TRACE in {trace for line in lines(logged, said) for trace in line["traces"]}, said


async def test_a_task_goes_on_with_the_trace_of_the_request_that_asked_for_it(stage: Stage) -> None:
    database = stage.resources("registry").database
    seen: list[str | None] = []

    async def do(lease: Lease) -> None:
        seen.append(tracing.current())
        async with database.transaction() as session:
            await lease.complete(session)

    with tracing.following(PARENT):
        async with database.transaction() as session:
            await enqueue(session, "anything", {})
    assert tracing.current() is None
    await run_due(database, {"anything": do})
    assert [tracing.trace_id_of(one or "") for one in seen] == [TRACE]


async def test_what_is_asked_of_another_service_bears_the_trace() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    async with open_client(httpx.MockTransport(answer)) as client:
        with tracing.following(PARENT):
            await client.get_json("http://audit/v1/anything")
        await client.get_json("http://audit/v1/anything")
    assert tracing.trace_id_of(asked[0].headers["traceparent"]) == TRACE
    assert "traceparent" not in asked[1].headers
