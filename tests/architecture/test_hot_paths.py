"""What every request would pay for: nothing of it waits for another thread."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from migrations.histories import SERVICES


def called(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for needed in dependant.dependencies:
        if needed.call is not None:
            yield needed.call
        yield from called(needed)


def runs_on_the_loop(call: Callable[..., Any]) -> bool:
    function = call if inspect.isroutine(call) else type(call).__call__
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


@pytest.mark.parametrize("service", SERVICES)
def test_no_dependency_is_run_in_a_thread(service: str) -> None:
    routers = importlib.import_module(f"services.{service}.endpoints").routers
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    assert routes
    # A class that holds a form's fields is made, not waited for; the few routes with one are no hot paths.
    elsewhere = {
        call.__qualname__
        for route in routes
        for call in called(route.dependant)
        if not inspect.isclass(call) and not runs_on_the_loop(call)
    }
    assert elsewhere == set()
