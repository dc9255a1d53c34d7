"""The scoring service's worker processes: `python -m services.scoring.worker scores | tasks`.

`scores` follows the other services' feeds and computes scores, all of them anew where that is ordered; `tasks` does
imports, reviews, allocations and verifications, and sends webhooks. They are two processes with a queue each, so that
no slow task delays a risk tier.
"""

import argparse
import asyncio

from services.scoring import tasks
from services.scoring.repository import scores
from services.scoring.service import following, recalculating, scoring, verifications
from services.scoring.service.policy import starts
from services.scoring.service.webhook import delivering
from services.scoring.settings import ScoringSettings
from shared import http
from shared.feed.fetching import page_fetcher
from shared.feed.following import Follower
from shared.health.worker import serving_health
from shared.logging import configure_logging
from shared.tasks import parked_events
from shared.tasks_worker import run_tasks_worker
from shared.web.resources import Resources, open_resources
from shared.worker import Coalesced, run_worker

PAGES_AT_ONCE = 20


class ScoresWorker:
    """Keeps the scores up with the feeds."""

    def __init__(self, resources: Resources) -> None:
        """Follow every source with this process's own client."""
        self._resources = resources
        self._follower = Follower(
            resources.database,
            page_fetcher(resources),
            following.apply_events,
            parked_events.burying(following.note_incomplete),
        )
        # A source at a time: what a ring and a tick read of it side by side, one of them would read in vain.
        self._taking_in = Coalesced(self._take_in)

    async def pull(self, source: str) -> None:
        """Take in what `source` (all of them, where none is named) has new, then score whom it concerns."""
        sources = [source] if source else following.SOURCES
        # Side by side, and each to its end: a source that is sick must not hold up the others.
        outcomes = await asyncio.gather(*(self._taking_in(name) for name in sources), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _take_in(self, source: str) -> None:
        try:
            await self._pull_pages(source)
        except http.RequestFailed as error:
            scoring.log.warning("feed not read", source=source, error=str(error))
        await self.drain()

    async def drain(self) -> None:
        """Score all suppliers that wait."""
        while await scoring.drain(self._resources.database, scoring.today()):
            pass

    async def tick(self) -> None:
        """What is done even if nobody rings: pull everything, and score what time has made out of date."""
        async with self._resources.database.transaction() as session:
            await starts.start_due_policies(session, scoring.today())
        async with self._resources.database.transaction() as session:
            await scores.mark_expired(session, scoring.today())
        await self.pull("")

    async def _pull_pages(self, source: str) -> None:
        """Score in between where there is much to take in, so that the first changes need not wait for the last."""
        pages = 0
        while await self._follower.pull(source):
            pages += 1
            if pages % PAGES_AT_ONCE == 0:
                await self.drain()


async def keep_scores(settings: ScoringSettings) -> None:
    """Run the worker proper until told to stop."""
    async with open_resources(settings) as resources, recalculating.recalculating(resources.database):
        worker = ScoresWorker(resources)
        pull = Coalesced(worker.pull)
        ticking = Coalesced(lambda _argument: worker.tick())
        async with serving_health(resources):
            await run_worker("scoring", settings.redis, {"pull": pull}, lambda: ticking(""))


async def do_tasks(settings: ScoringSettings) -> None:
    """Run the tasks' worker until told to stop."""
    async with open_resources(settings) as resources, delivering.delivering(resources):
        forgetting = delivering.Forgetting(resources.database)
        sampling = verifications.HourlySample(resources)
        chores = [forgetting.forget, sampling.ask]
        await run_tasks_worker(resources, tasks.handlers(resources), tasks.GIVE_UP, chores=chores)


def main() -> None:
    """Run the worker that the command line names, with settings from the environment."""
    parser = argparse.ArgumentParser(prog="scoring worker", description=__doc__)
    parser.add_argument("which", choices=["scores", "tasks"])
    given = parser.parse_args()
    settings = ScoringSettings.load()
    configure_logging(settings.service, settings.log_level, settings.log_format)
    asyncio.run(keep_scores(settings) if given.which == "scores" else do_tasks(settings))


if __name__ == "__main__":
    main()
