"""Traces (W3C Trace Context): what belongs together, from a request through feeds and tasks to the workers' logs."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

_TRACEPARENT = re.compile(r"^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-|$)")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current() -> str | None:
    """The `traceparent` to send along with whatever this work causes elsewhere; None outside any trace."""
    return _current.get()


@contextmanager
def following(traceparent: str | None) -> Iterator[None]:
    """Go on with the trace that `traceparent` names, or begin one where it is missing or makes no sense.

    Every line that is logged within bears the trace's id.
    """
    known = _TRACEPARENT.match(traceparent or "")
    trace_id, flags = known.group(1, 2) if known else (secrets.token_hex(16), "01")
    token = _current.set(f"00-{trace_id}-{secrets.token_hex(8)}-{flags}")
    try:
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            yield
    finally:
        _current.reset(token)


def trace_id_of(traceparent: str) -> str:
    """The id that all parts of a trace share."""
    return traceparent.split("-", 2)[1]
