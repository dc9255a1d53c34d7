"""Pages that come twice, late, shuffled, cut short or of another place, and events that nobody can read."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from services.scoring.worker import ScoresWorker
from tests.faults import invariants
from tests.faults.extent import ROUNDS, seeded
from tests.faults.programme import SOURCES, Programme
from tests.stage import Stage
from tests.tried import Tried

Answer = dict[str, Any]


class Meddler(httpx.AsyncBaseTransport):
    """Stands before a service and changes the pages of its feed, as broken caches and proxies do."""

    def __init__(self, service: httpx.AsyncBaseTransport, chance: Any) -> None:
        self._service = service
        self._chance = chance
        self.kept: list[Answer] = []
        self.meddle: Callable[[Answer], Answer | bytes] | None = None
        self.meddled = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._service.handle_async_request(request)
        if request.url.path != "/v1/feed" or answer.status_code != 200:
            return answer
        page = json.loads(await answer.aread())
        if self.meddle is not None and page["events"]:
            self.meddled += 1
            changed = self.meddle(page)
            content = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
            return httpx.Response(200, content=content, headers={"Content-Type": "application/json"})
        self.kept.append(page)
        return answer

    def replay(self, _page: Answer) -> Answer:
        return self._chance.choice(self.kept)  # type: ignore[no-any-return]

    def shuffle(self, page: Answer) -> Answer:
        events = page["events"] + page["events"][:1]  # one of them twice, and so never in order
        return {**page, "events": self._chance.sample(events, len(events))}

    def drop_the_last(self, page: Answer) -> Answer:
        return {**page, "events": page["events"][:-1]}

    def lose_all(self, page: Answer) -> Answer:
        """As if there were nothing to tell up to the head."""
        return {**page, "events": [], "next": page["head"]}

    def skip(self, page: Answer) -> Answer:
        """A later page than was asked for, otherwise whole."""
        return {**page, "after": page["after"] + 1, "events": page["events"][1:]}

    def cut(self, page: Answer) -> bytes:
        """With a length that fits."""
        whole = json.dumps(page).encode()
        return whole[: self._chance.randrange(1, len(whole))]


@contextmanager
def meddling(stage: Stage, source: str, chance: Any) -> Iterator[Meddler]:
    applications = stage.transport.applications
    honest = applications[source]
    meddler = Meddler(honest, chance)
    applications[source] = meddler
    try:
        yield meddler
    finally:
        applications[source] = honest


@pytest.mark.parametrize("how", ["replay", "shuffle", "drop_the_last", "lose_all", "skip", "cut"])
async def test_pages_that_are_not_the_answer_are_not_taken_in(stage: Stage, how: str, tried: Tried) -> None:
    chance = seeded(how)
    programme = Programme(stage)
    worker = ScoresWorker(stage.resources("scoring"))
    meddled = 0
    await programme.add_supplier()
    for source in chance.sample(SOURCES, k=1 if ROUNDS == 1 else len(SOURCES)):
        with meddling(stage, source, chance) as meddler:
            for _ in range(2 * ROUNDS):
                meddler.meddle = None
                await programme.write(source)
                await worker.tick()
                meddler.meddle = getattr(meddler, how)
                for each in SOURCES:
                    await programme.write(each)
                await worker.tick()
                (cursor,) = await stage.psql("scoring", "SELECT seq FROM feed_cursor WHERE source = $1", source)
                assert cursor["seq"] == meddler.kept[-1]["next"], "it stays where it was"
            meddled += meddler.meddled
        await worker.tick()
        await invariants.all_holds(stage, programme)
    tried(f"pages of a feed: {how}", operations=1, requests=programme.written, attacks=meddled)


@pytest.mark.parametrize("spoil", ["type", "subject", "time", "data", "severity"])
async def test_an_event_that_cannot_be_read_is_a_dead_letter_and_counts_when_it_is_replayed(
    stage: Stage, spoil: str, tried: Tried
) -> None:
    programme = Programme(stage)
    worker = ScoresWorker(stage.resources("scoring"))
    poisoned, healthy = await programme.add_supplier(), await programme.add_supplier()
    await worker.tick()
    finding_id = await programme.add_finding(poisoned, "major")
    await programme.add_finding(healthy)

    def poison(page: Answer) -> Answer:
        events = [dict(event) for event in page["events"]]
        (victim,) = [event for event in events if event["subject"] == finding_id]
        if spoil == "severity":
            victim["data"] = {**victim["data"], "severity": "unheard-of"}
        elif spoil == "type":
            del victim["type"]
        else:
            victim[spoil] = "nonsense"
        return {**page, "events": events}

    with meddling(stage, "audit", None) as meddler:
        meddler.meddle = poison
        await worker.tick()
    async with stage.machine("scoring") as client:
        assert (await client.get(f"/v1/scores/{healthy}")).json()["score"] == programme.expected(healthy).score
        assert (await client.get(f"/v1/scores/{poisoned}")).json()["incomplete"] is (spoil != "data")
        # What `bellwether dead-letters list` asks for.
        (letter,) = (await client.get("/v1/tasks", params={"status": "dead"})).json()["items"]
        assert (letter["kind"], letter["payload"]["source"]) == ("parked_event", "audit")
    if spoil != "severity":
        # Whoever mends it writes a release that can read it; here the event itself is mended.
        event = next(event for event in await invariants.feed_of(stage, "audit") if event["subject"] == finding_id)
        query = "UPDATE feed_parked SET event = jsonb_set(event, '{unreadable}', $1::jsonb)"
        await stage.psql("scoring", query, json.dumps(event))
    else:
        await stage.psql("scoring", "UPDATE feed_parked SET event = jsonb_set(event, '{data,severity}', '\"major\"')")
    async with stage.machine("scoring") as client:
        assert (await client.post(f"/v1/tasks/{letter['id']}/replay")).status_code == 200
    await stage.run_tasks("scoring")
    await worker.tick()
    await invariants.all_holds(stage, programme)
    async with stage.machine("scoring") as client:
        assert not (await client.get(f"/v1/scores/{poisoned}")).json()["incomplete"]
        assert (await client.get("/v1/tasks", params={"status": "dead"})).json()["items"] == []
    tried("events that nobody can read", operations=1, attacks=1)
