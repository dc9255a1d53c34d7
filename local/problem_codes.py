"""What each operation may answer, read off the code: what its endpoint calls, which problems and headers come of it.

A walk from function to function (`code_reading.py`) that follows every branch, so that it tells what may happen and not
when; `tests/untold.py` fails the tests in which something is answered that was not told.
"""

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from local.code_reading import Facts, Step, facts_of
from shared.errors import BellwetherError
from shared.web.problems import STATUS_OF

GENERAL = {kind.code for kind in STATUS_OF}
"""Codes of no service in particular."""
ONLY_POST = ("idempotency-", "answer-not-kept")
"""How codes begin that come of an Idempotency-Key."""
OAUTH = "_"
"""What the token endpoint refuses is said in the way of OAuth2, and its codes look so."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A problem, as the code raises it."""

    status: int
    words: str
    is_shared: bool
    """Whether mechanisms that all services use raise it."""


Codes = dict[str, Raised]


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


def routes_of(app: FastAPI | APIRouter) -> Iterator[APIRoute]:
    """All routes of an application or a router that are FastAPI's own."""
    return (route for route in app.routes if isinstance(route, APIRoute))


def _read(route: APIRoute) -> Iterator[tuple[Step, Facts]]:
    """Everything that an operation's own code comes by."""
    start = Facts()
    for call in _calls(route.dependant):
        start.go_into(call if isinstance(call, types.FunctionType) else type(call).__call__)
    seen: set[Step] = set()
    waiting = start.next
    while waiting:
        step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        facts = facts_of(step)
        waiting += facts.next
        yield step, facts


def headers_of(route: APIRoute) -> set[str]:
    """The headers that an operation's own code sets."""
    return {name for _, facts in _read(route) for name in facts.headers}


def codes_of(route: APIRoute) -> Codes:
    """The codes that an operation's own code may raise."""
    found: Codes = {}
    for step, facts in _read(route):
        for kind, code, words in facts.raised:
            _note(found, kind, code, words, step.function.__module__)
    is_post = "POST" in (route.methods or ())
    return {
        code: raised
        for code, raised in found.items()
        if (is_post or not code.startswith(ONLY_POST)) and OAUTH not in code
    }


def _note(found: Codes, kind: type[BellwetherError], code: str, words: str, module: str) -> None:
    status = int(next(STATUS_OF[each] for each in kind.__mro__ if each in STATUS_OF))
    known = found.get(code)
    if known is not None and known.status != status:
        message = f"{code} is raised with {known.status} and with {status}: a code has one status"
        raise ValueError(message)
    is_shared = module.startswith("shared.") or code in GENERAL or (known is not None and known.is_shared)
    found[code] = Raised(status, (known.words if known else "") or words, is_shared)
