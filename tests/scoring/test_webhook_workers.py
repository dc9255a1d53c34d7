"""Workers that send webhooks die, are stopped, come too late, or work side by side."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from services.scoring.clients import Answer, WebhookClient
from services.scoring.service.webhook import outcomes
from services.scoring.service.webhook.delivering import Deliverer
from services.scoring.service.webhook.fan_out import fan_out
from tests.scoring.webhook_receiver import LOCAL, Post, Receiver, Reply
from tests.stage import Stage


@asynccontextmanager
async def worker_process(stage: Stage) -> AsyncIterator[asyncio.subprocess.Process]:
    """A real worker, which is over when the block has ended."""
    given = stage.settings("scoring")
    names = ("database_url", "redis_url", "service_key_file", "peer_keys_dir")
    environment = {name.upper(): str(getattr(given, name)) for name in names}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.scoring.worker", "tasks",
        env={**os.environ, **environment, "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield worker
        await asyncio.wait_for(worker.wait(), 60)
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


async def test_what_a_killed_worker_was_sending_is_sent_again_under_the_same_id(
    stage: Stage, post: Post, erp: Receiver
) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    async with worker_process(stage) as worker:
        erp.on_taken = worker.kill
    erp.on_taken = None
    (entry,) = await post.log(path)
    assert (entry["status"], entry["attempts"], entry["response_status"]) == ("pending", 1, None)
    await post.serve()
    assert len(erp.taken) == 1  # the dead worker's lease holds
    await post.let_time_pass()
    await post.serve()
    assert [taken.id for taken in erp.taken] == [entry["event_id"]] * 2
    assert erp.taken[0].body == erp.taken[1].body
    assert (await post.log(path))[0]["status"] == "delivered"


async def test_a_worker_that_is_told_to_stop_first_writes_down_what_came_of_it(
    stage: Stage, post: Post, erp: Receiver
) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    async with worker_process(stage) as worker:
        erp.on_taken = worker.terminate
    assert (await post.log(path))[0]["status"] == "delivered"
    assert len(erp.taken) == 1


async def test_two_workers_send_each_event_once(stage: Stage, post: Post, erp: Receiver) -> None:
    await post.create(erp.url)
    await post.create(erp.url)
    ids = await post.happen(*["score.changed"] * 40)
    deliverers = [Deliverer(stage.resources("scoring"), WebhookClient(LOCAL)) for _ in range(2)]
    for _ in range(3):
        await asyncio.gather(*(deliverer.tick() for deliverer in deliverers))
        await asyncio.gather(*(deliverer.wait_for_lanes() for deliverer in deliverers))
    assert sorted(taken.event["data"]["id"] for taken in erp.taken) == sorted(map(str, ids * 2))


async def test_a_worker_that_comes_too_late_changes_nothing(stage: Stage, post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    database = stage.resources("scoring").database
    await fan_out(database)
    late = Deliverer(stage.resources("scoring"), WebhookClient(LOCAL))
    (outgoing,) = await late._lease((await post.state(path))["id"])
    await post.let_time_pass()
    await post.serve()
    await outcomes.note(database, outgoing, Answer(410))
    (entry,) = await post.log(path)
    assert (entry["status"], entry["response_status"]) == ("delivered", 204)
    assert ((await post.state(path))["status"], (await post.state(path))["failures"]) == ("active", 0)


async def test_a_delivery_over_which_every_worker_dies_is_given_to_no_other(
    stage: Stage, post: Post, erp: Receiver
) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    await fan_out(stage.resources("scoring").database)
    await stage.psql("scoring", "UPDATE webhook_delivery SET attempts = 10")
    await post.serve()
    (entry,) = await post.log(path, status="dead")
    assert entry["error"].startswith("Given up")
    assert erp.taken == []


@pytest.mark.parametrize("stop", [lambda worker: worker.kill(), lambda worker: worker.terminate()])
async def test_of_many_events_none_is_lost_whenever_a_worker_ends(
    stage: Stage, post: Post, erp: Receiver, stop: Callable[[asyncio.subprocess.Process], None]
) -> None:
    await post.create(erp.url)
    ids = await post.happen(*["score.changed"] * 60)
    async with worker_process(stage) as worker:
        erp.on_taken = lambda: stop(worker) if len(erp.taken) == 25 else None
    erp.on_taken = None
    erp.replies = [Reply(500), Reply(502)]
    for _ in range(4):
        await post.let_time_pass()
        await post.serve()
    assert {taken.event["data"]["id"] for taken in erp.taken} == set(map(str, ids))
    waiting = await stage.psql("scoring", "SELECT FROM webhook_delivery WHERE status <> 'delivered'")
    assert waiting == []
