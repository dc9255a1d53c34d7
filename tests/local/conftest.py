"""Waiting for what other processes do."""

import time
from collections.abc import Callable

import pytest

Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def eventually() -> Eventually:
    """Returns when a condition holds; fails if it does not within 20 seconds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true within 20 seconds"
            time.sleep(0.02)

    return wait
