"""Spans in OpenTelemetry's terms, sent in batches over OTLP; needs the packages of the extra `otel`."""

import asyncio

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.re import parse_env_headers

from shared import ids
from shared.tracing import Span

PATIENCE_SECONDS = 5.0
SCOPE = InstrumentationScope("bellwether")


class Sender:
    """Hands spans to a thread that sends them; where the collector is away they are dropped, and no work waits."""

    def __init__(self, service: str, endpoint: str, headers: str | None) -> None:
        """`headers` is a list `name=value,...`, as OpenTelemetry has it."""
        self._resource = Resource.create(
            {"service.name": service, "service.namespace": "bellwether", "service.instance.id": str(ids.new_id())}
        )
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint.rstrip('/')}/v1/traces",
            headers=parse_env_headers(headers or "", liberal=True),
            timeout=PATIENCE_SECONDS,
        )
        self._processor = BatchSpanProcessor(exporter)

    def send(self, span: Span) -> None:
        """Have it sent with the next batch."""
        self._processor.on_end(self._readable(span))

    async def close(self) -> None:
        """Send what is left."""
        await asyncio.to_thread(self._processor.shutdown)

    def _readable(self, span: Span) -> ReadableSpan:
        return ReadableSpan(
            span.name,
            _context(span.trace_id, span.span_id),
            None if span.parent_id is None else _context(span.trace_id, span.parent_id),
            self._resource,
            span.attributes,
            links=[Link(_context(*each.split("-")[1:3])) for each in span.links],
            kind=SpanKind[span.kind.upper()],
            status=Status(StatusCode.UNSET) if span.error is None else Status(StatusCode.ERROR, span.error),
            start_time=span.started_ns,
            end_time=span.ended_ns,
            instrumentation_scope=SCOPE,
        )


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
