"""What every request or process would pay for: nothing waits for another thread, nobody carries NumPy for nothing."""

import importlib
import inspect
import subprocess
import sys
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


@pytest.mark.parametrize("service", ["registry", "audit"])
def test_an_api_that_computes_nothing_does_not_load_numpy(service: str) -> None:
    # orjson does so by itself, 12 MB of it, when it is to know NumPy's numbers and meets anything it does not know.
    script = f"""
import sys
from decimal import Decimal
from services.{service}.main import create_app
from shared.web.rendering import to_json
create_app()
assert to_json([Decimal("1.5")]) == b"[1.5]"
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
