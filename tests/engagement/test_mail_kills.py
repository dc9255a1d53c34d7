"""Workers are killed at random while mails go out: everybody is reached, and each death repeats one mail at most.

`MAIL_KILLS=10000,30` sends so many mails over so many kills, `MAIL_KILLS_SEED` repeats a run.
"""

import asyncio
import os
import random
from collections import Counter
from time import monotonic
from uuid import UUID

import pytest

from tests.engagement.mailing import (
    add_people,
    counts,
    leases_end,
    send_newsletter,
    start_worker,
)
from tests.faults import extent
from tests.shared.smtp_sink import Sink, smtp_sink
from tests.stage import Stage, over_http

MAILS, KILLS = (int(number) for number in os.environ.get("MAIL_KILLS", "600,5").split(","))
SEED = int(os.environ.get("MAIL_KILLS_SEED") or extent.SEED)
LATEST_SECONDS = 0.03
"""A kill that is not in the very moment in which a mail is taken comes within this time after it."""


class Killer:
    """Kills the worker that sends as soon as so many mails were taken, or a little later."""

    def __init__(self, sink: Sink, moments: dict[int, float]) -> None:
        self.worker: asyncio.subprocess.Process | None = None
        self._sink, self._moments, self._loop = sink, moments, asyncio.get_running_loop()
        sink.on_taken = self.on_taken

    def on_taken(self, _recipient: str) -> None:
        delay = self._moments.pop(len(self._sink.taken), None)
        if delay is None or self.worker is None:
            return
        if delay:
            self._loop.call_soon_threadsafe(self._loop.call_later, delay, self.worker.kill)
        else:
            # The server has the mail, and its answer never arrives.
            self.worker.kill()


async def is_sent(stage: Stage, newsletter_id: UUID) -> bool:
    query = "SELECT status FROM newsletter WHERE id = $1"
    return bool([row["status"] for row in await stage.psql("engagement", query, newsletter_id)] == ["sent"])


async def send_with_workers(stage: Stage, sink: Sink, killer: Killer, newsletter_id: UUID) -> int:
    """Have one worker after the other send until nothing is left; returns how many were killed."""
    killed = 0
    async with over_http(stage, "registry") as registry_url:
        while True:
            worker = killer.worker = await start_worker(stage, sink.url, registry_url)
            try:
                while worker.returncode is None and not await is_sent(stage, newsletter_id):  # noqa: ASYNC110  # it is another process's
                    await asyncio.sleep(0.05)
            finally:
                if worker.returncode is None:
                    worker.terminate()
                    await worker.wait()
            if await is_sent(stage, newsletter_id):
                return killed
            assert worker.returncode == -9
            killed += 1
            await leases_end(stage)


@pytest.mark.timeout(1800)
async def test_workers_that_are_killed_leave_nobody_out_and_repeat_a_mail_each_at_most(stage: Stage) -> None:
    chance = random.Random(SEED)
    people = await add_people(stage, MAILS)
    newsletter_id = await send_newsletter(stage, people)
    after = chance.sample(range(1, MAILS), KILLS)
    moments = {taken: chance.choice((0.0, chance.uniform(0.0, LATEST_SECONDS))) for taken in after}
    with smtp_sink() as sink:
        begun = monotonic()
        killed = await send_with_workers(stage, sink, Killer(sink, moments), newsletter_id)
        seconds = monotonic() - begun
    taken = Counter(sink.addresses())
    copies = len(sink.taken) - len(taken)
    print(f"seed {SEED}: {MAILS} mails, {killed} kills, {copies} second copies, {seconds:.1f} s")  # noqa: T201
    assert set(taken) == {person.email for person in people}
    assert max(taken.values(), default=1) <= 1 + killed
    assert copies <= killed
    # A second copy has its first one's Message-ID, and nobody else's mail has it.
    assert len({(recipient, message["Message-ID"]) for recipient, message in sink.taken}) == MAILS
    assert len({message["Message-ID"] for _, message in sink.taken}) == MAILS
    assert await counts(stage, newsletter_id) == {"sent": MAILS}


async def test_a_worker_that_nobody_kills_repeats_nothing(stage: Stage) -> None:
    people = await add_people(stage, 300)
    newsletter_id = await send_newsletter(stage, people)
    with smtp_sink() as sink:
        assert await send_with_workers(stage, sink, Killer(sink, {}), newsletter_id) == 0
    assert Counter(sink.addresses()) == Counter(person.email for person in people)
