"""Spans, as a collector gets them: one trace from a request to the score, and nothing that is nobody's business."""

import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from io import StringIO
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from sqlalchemy import text

from services.audit.settings import AuditSettings
from shared import telemetry, tracing
from shared.tasks import Lease, run_due
from shared.tasks.tables import enqueue
from shared.web.resources import open_resources
from tests.shared.otlp_receiver import Received, otlp_receiver
from tests.shared.test_tracing import PARENT, TRACE, lines
from tests.stage import Stage

OTHER_TRACE = "a" * 32
OTHER = f"00-{OTHER_TRACE}-00f067aa0ba902b8-01"


@pytest.fixture
def received() -> Iterator[Received]:
    with otlp_receiver() as receiver:
        yield receiver


def exporting(stage: Stage, received: Received, **settings: Any) -> AbstractAsyncContextManager[None]:
    """All that this process does is exported during the block, and has come in after it."""
    return telemetry.exporting(stage.settings("audit", otel_exporter_otlp_endpoint=received.url, **settings))


async def create_supplier(stage: Stage, code: str, traceparent: str | None = PARENT) -> str:
    async with stage.machine("registry") as client:
        headers = {} if traceparent is None else {"traceparent": traceparent}
        answer = await client.post("/v1/suppliers", json={"code": code, "name": code}, headers=headers)
        return str(answer.json()["id"])


def is_part_of(span: Span, whole: Span) -> bool:
    return (span.trace_id, span.parent_span_id) == (whole.trace_id, whole.span_id)


def told(span: Span) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


async def test_one_trace_leads_from_a_request_through_the_feed_to_the_score(
    stage: Stage, received: Received, logged: StringIO
) -> None:
    async with exporting(stage, received):
        await create_supplier(stage, "S1")
        await stage.settle()
        async with stage.machine("scoring") as client:
            (score, _) = (await client.get("/v1/feed")).json()["events"]
    request = received.named("POST /v1/suppliers")
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, "00f067aa0ba902b7")
    assert request.kind == Span.SPAN_KIND_SERVER
    assert told(request) == {
        "http.request.method": "POST",
        "http.route": "/v1/suppliers",
        "http.response.status_code": 201,
    }
    taking_in, scoring = received.named("take in registry"), received.named("score suppliers")
    assert is_part_of(taking_in, request)
    assert is_part_of(scoring, request)
    assert score["traceparent"] == f"00-{TRACE}-{scoring.span_id.hex()}-01", "the change of the score is of that trace"
    statements = [told(span) for span in received.spans if is_part_of(span, request)]
    assert any(each.get("db.query.text", "").startswith("INSERT INTO supplier ") for each in statements)
    logged_traces = {line["trace_id"] for line in lines(logged, "request") if line["method"] == "POST"}
    assert logged_traces == {TRACE}
    assert {line["trace_id"] for line in lines(logged, "events taken in") if line["events"]} == {TRACE}


async def test_what_another_service_is_asked_is_part_of_the_trace(stage: Stage, received: Received) -> None:
    supplier_id = await create_supplier(stage, "S1", None)
    async with exporting(stage, received), stage.machine("audit") as client:
        audit = {"supplier_id": supplier_id, "kind": "vap", "standard": "RBA", "conducted_on": "2026-01-01"}
        answer = await client.post("/v1/audits", json=audit, headers={"traceparent": PARENT})
        assert answer.status_code == 201, answer.text
    request = received.named("POST /v1/audits")
    questions = [span for span in received.spans if told(span).get("server.address") == "registry"]
    assert questions
    for question in questions:
        assert question.kind == Span.SPAN_KIND_CLIENT
        assert is_part_of(question, request)
        (answer,) = [span for span in received.spans if is_part_of(span, question)]
        assert answer.kind == Span.SPAN_KIND_SERVER


async def test_a_batch_of_several_traces_is_one_of_its_own_that_links_to_them(stage: Stage, received: Received) -> None:
    async with exporting(stage, received):
        await create_supplier(stage, "S1", PARENT)
        await create_supplier(stage, "S2", OTHER)
        await stage.settle()
    taking_in = received.named("take in registry")
    assert taking_in.trace_id.hex() not in (TRACE, OTHER_TRACE)
    assert {link.trace_id.hex() for link in taking_in.links} == {TRACE, OTHER_TRACE}
    scoring = received.named("score suppliers")
    assert {link.trace_id.hex() for link in scoring.links} == {TRACE, OTHER_TRACE}


async def test_a_task_that_fails_says_so_but_not_what_it_stumbled_over(stage: Stage, received: Received) -> None:
    database = stage.resources("registry").database

    async def stumble(_lease: Lease) -> None:
        raise ValueError("ann@example.com")

    async with exporting(stage, received):
        with tracing.following(PARENT):
            async with database.transaction() as session:
                await enqueue(session, "anything", {"to": "ann@example.com"})
        await run_due(database, {"anything": stumble})
    task = received.named("task anything")
    assert task.trace_id.hex() == TRACE
    assert (task.status.code, task.status.message) == (Status.STATUS_CODE_ERROR, "ValueError")
    assert b"ann@example.com" not in b"".join(received.bodies)


async def test_spans_hold_no_personal_data_no_token_and_no_parameter(stage: Stage, received: Received) -> None:
    supplier_id = await create_supplier(stage, "S1", None)
    token = "unguessable" * 5
    async with exporting(stage, received):
        async with stage.machine("registry") as client:
            contact = {"name": "Ann Onymous", "email": "ann@example.com", "role": "sustainability"}
            path = f"/v1/suppliers/{supplier_id}/contacts"
            assert (await client.post(path, json=contact)).status_code == 201
            await client.get("/v1/suppliers", params={"q": "Ann Onymous"})
            # The database's own words on this name the row.
            assert (await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})).status_code == 409
        async with stage.caller("engagement") as client:
            await client.get(f"/unsubscribe/{token}")
    sent = b"".join(received.bodies)
    assert b"INSERT INTO contact" in sent
    for secret in ("Ann", "ann@example.com", token, supplier_id, "S1"):
        assert secret.encode() not in sent


@pytest.mark.parametrize(
    ("traceparent", "settings"),
    [(f"{PARENT[:-2]}00", {}), (PARENT, {"otel_traces_sampler_arg": 0})],
)
async def test_a_trace_that_is_not_to_be_recorded_is_not_sent(
    stage: Stage, received: Received, traceparent: str, settings: dict[str, Any]
) -> None:
    async with exporting(stage, received, **settings):
        await create_supplier(stage, "S1", traceparent)
        await stage.settle()
    assert received.spans == []


async def test_polling_begins_no_trace_that_anybody_keeps(stage: Stage, received: Received) -> None:
    async with exporting(stage, received):
        await stage.settle()
        async with stage.caller("audit") as client:
            await client.get("/readyz")
    assert received.spans == []


async def test_a_process_exports_what_it_does_under_its_name_and_with_what_the_collector_wants(
    stage: Stage, received: Received
) -> None:
    settings = stage.settings(
        "audit", otel_exporter_otlp_endpoint=f"{received.url}/", otel_exporter_otlp_headers="x-key=a%20b"
    )
    async with open_resources(settings) as resources:
        with tracing.following(PARENT, "at work"):
            async with resources.database.transaction() as session:
                await session.execute(text("SELECT 1"))
    (resource,) = received.requests[0].resource_spans
    attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert (attributes["service.namespace"], attributes["service.name"]) == ("bellwether", "audit")
    assert received.headers[0]["x-key"] == "a b"
    assert is_part_of(received.named("SELECT"), received.named("at work"))


async def test_nothing_waits_for_a_collector_that_is_away(stage: Stage) -> None:
    with otlp_receiver() as gone:
        pass
    async with exporting(stage, gone):
        assert await create_supplier(stage, "S1")
    assert gone.bodies == []


def test_a_collector_without_the_packages_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(SystemExit) as stopped:
        AuditSettings.load()
    assert stopped.value.code == 2
    complaint = (
        "audit: setting OTEL_EXPORTER_OTLP_ENDPOINT: Value error, traces need the packages of requirements-otel.txt"
    )
    assert complaint in capsys.readouterr().err
