"""Workers die or are stopped while a robot speaks, WeCom stays away: what is said again, what waits, what is logged."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.engagement.robots import Receiver, post, receiver, says, state, try_again_now, work
from tests.engagement.test_groups import KEY, WECOM, create_group
from tests.stage import Stage


@pytest.fixture
async def wecom() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with stage.machine("engagement") as opened:
        yield opened


async def test_a_worker_killed_while_a_part_is_taken_repeats_that_part_alone(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    content = "".join(f"{n} " + "x" * 2000 + "\n" for n in range(5))
    url = await post(client, await create_group(client, WECOM), content)
    given = stage.settings("engagement")
    names = ("database_url", "redis_url", "service_key_file", "peer_keys_dir")
    environment = {name.upper(): str(getattr(given, name)) for name in names} | {"WECOM_URL": wecom.url}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.engagement.worker",
        env={**os.environ, **environment}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    # WeCom has it, and its answer never arrives.
    wecom.on_taken = lambda: worker.kill() if len(wecom.taken) == 3 else None
    try:
        await asyncio.wait_for(worker.wait(), 60)
    finally:
        if worker.returncode is None:
            worker.kill()
    wecom.on_taken = None
    assert (await state(client, url))[:2] == ("queued", 2)
    await stage.psql("engagement", "UPDATE task SET locked_until = now() - interval '1 s' WHERE status = 'running'")
    await work(stage, wecom.url)
    said = wecom.contents()
    assert said[2] == said[3]
    assert "".join([*said[:3], *said[4:]]) == content
    assert await state(client, url) == ("sent", 5, None)


async def test_a_worker_that_is_told_to_stop_first_writes_down_what_was_said(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    group = await create_group(client, WECOM)
    content = "".join(f"{n} " + "x" * 2000 + "\n" for n in range(3))
    url = await post(client, group, content)
    running = asyncio.create_task(work(stage, wecom.url))
    wecom.on_taken = lambda: running.cancel() if len(wecom.taken) == 2 else None
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await state(client, url))[:2] == ("queued", 2)
    await work(stage, wecom.url)
    assert "".join(wecom.contents()) == content


async def test_a_message_that_is_given_up_lets_the_next_one_go_and_can_be_replayed(
    stage: Stage, client: httpx.AsyncClient, wecom: Receiver
) -> None:
    group = await create_group(client, WECOM)
    one, two = await post(client, group, "One"), await post(client, group, "Two")
    wecom.answers = [(500, b"")] * 7
    for _ in range(7):
        await work(stage, wecom.url)
        await try_again_now(stage)
    await work(stage, wecom.url)
    status, _, why = await state(client, one)
    assert status == "failed"
    assert str(why).startswith("WeCom answers with HTTP 500. It could not be finished")
    assert wecom.contents() == ["Two"]
    assert (await state(client, two))[0] == "sent"
    [dead] = (await client.get("/v1/tasks", params={"status": "dead"})).json()["items"]
    assert KEY not in str(dead)
    await client.post(f"/v1/tasks/{dead['id']}/replay")
    await work(stage, wecom.url)
    assert wecom.contents() == ["Two", "One"]
    assert await state(client, one) == ("sent", 1, None)


async def test_no_line_of_the_log_has_the_key(
    stage: Stage,
    client: httpx.AsyncClient,
    wecom: Receiver,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    group = await create_group(client, WECOM)
    for content in ("One", "Two"):
        await post(client, group, content)
    wecom.answers = [(500, KEY.encode()), says(93000, KEY)]
    with caplog.at_level(logging.DEBUG):
        await work(stage, wecom.url)
        await try_again_now(stage)
        await work(stage, wecom.url)
    shown = capfd.readouterr()
    assert (len(wecom.asked), wecom.contents()) == (3, ["Two"])
    assert "task failed" in shown.out
    assert KEY not in caplog.text + shown.out + shown.err
