"""Traces (W3C Trace Context): what belongs together, from a request through feeds and tasks to the workers' logs.

A piece of work in a trace is a span: its id goes along as the parent of whatever it causes. What becomes of finished
spans is up to recorders, if there are any.
"""

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import structlog

MOST_LINKS = 128

Kind = Literal["server", "client", "consumer", "internal"]

_TRACEPARENT = re.compile(r"^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)")


@dataclass(slots=True)
class Span:
    """Where a piece of work stands in its trace, and what may be told of it: never whom it is about, nor a secret."""

    name: str
    kind: Kind
    trace_id: str
    is_sampled: bool
    parent_id: str | None = None
    links: tuple[str, ...] = ()
    attributes: dict[str, str | int] = field(default_factory=dict)
    error: str | None = None
    span_id: str = field(default_factory=lambda: _random_hex(64))
    started_ns: int = field(default_factory=time.time_ns)
    ended_ns: int = 0

    @property
    def traceparent(self) -> str:
        """What names this span as the parent of others."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"


Recorder = Callable[[Span], None]

_current: ContextVar[Span | None] = ContextVar("span", default=None)
_recorders: list[Recorder] = []


def _random_hex(bits: int) -> str:
    """Random, not secret: whoever is asked to keep a secret costs a system call."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"  # no secret


def current() -> str | None:
    """The `traceparent` to send along with whatever this work causes elsewhere; None outside any trace."""
    span = _current.get()
    return None if span is None else span.traceparent


@contextmanager
def following(
    traceparent: str | None,
    name: str = "work",
    kind: Kind = "internal",
    *,
    links: Iterable[str] = (),
    is_worth_recording: bool = True,
) -> Iterator[Span]:
    """Go on with the trace that `traceparent` names, or begin one where it is missing or makes no sense.

    Every line that is logged within bears the trace's id. A trace that begins here is recorded if it is worth it.
    """
    known = _TRACEPARENT.match(traceparent or "")
    if known:
        trace_id, parent_id, flags = known.group(1, 2, 3)
        span = Span(name, kind, trace_id, bool(int(flags, 16) & 1), parent_id)
    else:
        span = Span(name, kind, _random_hex(128), is_worth_recording)
    span.links = tuple(links)
    with structlog.contextvars.bound_contextvars(trace_id=span.trace_id), _running(span):
        yield span


@contextmanager
def joining(traceparents: Iterable[str], name: str, *, is_worth_recording: bool = True) -> Iterator[Span]:
    """Go on with the one trace that brought a batch about; where there were several, begin one that links to them."""
    by_trace = {trace_id_of(each): each for each in traceparents}
    alone = next(iter(by_trace.values())) if len(by_trace) == 1 else None
    links = list(by_trace.values())[-MOST_LINKS:] if alone is None else ()
    with following(alone, name, "consumer", links=links, is_worth_recording=is_worth_recording) as span:
        yield span


@contextmanager
def step(name: str, kind: Kind, **attributes: str | int) -> Iterator[Span]:
    """A part of the work under way, such as a question to another service; in no trace where there is none yet."""
    within = _current.get()
    if within is None:
        yield Span(name, kind, "", is_sampled=False)
        return
    with _running(_part_of(within, name, kind, attributes)) as span:
        yield span


def note(name: str, kind: Kind, started_ns: int, attributes: dict[str, str | int], error: str | None = None) -> None:
    """A part of the work under way that has just ended."""
    within = _current.get()
    if within is not None:
        span = _part_of(within, name, kind, attributes)
        span.started_ns, span.error = started_ns, error
        _end(span)


def failed(error: BaseException) -> None:
    """Note that the work under way failed, where that does not leave it as an exception."""
    span = _current.get()
    if span is not None:
        span.error = type(error).__name__


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Hand every span that ends during the block to `recorder`, unless its trace is not to be recorded."""
    _recorders.append(recorder)
    try:
        yield
    finally:
        _recorders.remove(recorder)


def address_of(url: str) -> dict[str, str | int]:
    """What may be told of the other side; not its paths, which may hold a key."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"server.address": parts.hostname or "", "server.port": port}


def trace_id_of(traceparent: str) -> str:
    """The id that all parts of a trace share."""
    return traceparent.split("-", 2)[1]


@contextmanager
def _running(span: Span) -> Iterator[Span]:
    token = _current.set(span)
    try:
        yield span
    except BaseException as error:
        # Its kind alone: what it says may be about people.
        span.error = type(error).__name__
        raise
    finally:
        _current.reset(token)
        _end(span)


def _part_of(within: Span, name: str, kind: Kind, attributes: dict[str, str | int]) -> Span:
    return Span(name, kind, within.trace_id, within.is_sampled, within.span_id, attributes=dict(attributes))


def _end(span: Span) -> None:
    span.ended_ns = time.time_ns()
    if span.is_sampled:
        for recorder in _recorders:
            recorder(span)
