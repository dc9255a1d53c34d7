"""A receiver of webhooks, and whoever keeps the stage's webhooks."""

from collections.abc import AsyncIterator

import pytest

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
