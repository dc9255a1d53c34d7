"""A receiver of webhooks, and whoever keeps the stage's webhooks."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from tests.scoring.webhook_receiver import Post, Receiver, receiver
from tests.stage import Stage


@pytest.fixture
async def erp() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


@pytest.fixture
async def post(stage: Stage) -> AsyncIterator[Post]:
    async with stage.machine("scoring", "scoring:write") as client:
        yield Post(stage, client)


@pytest.fixture
def logged_statements(stage: Stage) -> Iterator[list[str]]:
    """Every statement that the scoring service sends, as it is sent."""
    engine = stage.resources("scoring").database.engine.sync_engine
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
