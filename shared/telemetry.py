"""OpenTelemetry: the spans of this process, sent to a collector; on only where one is named."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine, ExceptionContext

from shared import tracing
from shared.settings import Settings

LONGEST_STATEMENT = 1000
STARTED = "statement_started_ns"


@asynccontextmanager
async def exporting(settings: Settings) -> AsyncIterator[None]:
    """Send the spans of the block to the collector that the settings name; nothing where they name none."""
    if settings.otel_exporter_otlp_endpoint is None:
        yield
        return
    from shared import otlp  # noqa: PLC0415  # its packages are an extra

    sender = otlp.Sender(settings.service, settings.otel_exporter_otlp_endpoint, settings.otel_exporter_otlp_headers)
    most = settings.otel_traces_sampler_arg * 2**64

    def send(span: tracing.Span) -> None:
        # By the trace's id, so that all services keep the same ones.
        if int(span.trace_id[16:], 16) < most:
            sender.send(span)

    with tracing.recording(send), _noting_statements():
        try:
            yield
        finally:
            await sender.close()


@contextmanager
def _noting_statements() -> Iterator[None]:
    """Have each statement noted: its text, which holds placeholders, and never a parameter."""
    listeners: dict[str, Callable[..., None]] = {
        "before_cursor_execute": _started,
        "after_cursor_execute": _ended,
        "handle_error": _failed,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


def _started(connection: Connection, *_: Any) -> None:
    connection.info[STARTED] = time.time_ns()


def _ended(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    _note(connection, statement)


def _failed(failure: ExceptionContext) -> None:
    if failure.connection is not None and failure.statement is not None:
        _note(failure.connection, failure.statement, type(failure.original_exception).__name__)


def _note(connection: Connection, statement: str, error: str | None = None) -> None:
    started = connection.info.pop(STARTED, None)
    if started is not None:
        operation = statement.split(None, 1)[0].upper()
        attributes: dict[str, str | int] = {
            "db.system.name": "postgresql",
            "db.namespace": connection.engine.url.database or "",
            "db.operation.name": operation,
            "db.query.text": " ".join(statement.split())[:LONGEST_STATEMENT],
        }
        tracing.note(operation, "client", started, attributes, error)
