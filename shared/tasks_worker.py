"""The worker that each service has: does its tasks as they fall due, and takes in the feeds that it follows."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from shared.feed.following import Follower
from shared.health.worker import serving_health
from shared.housekeeping import Chore, Housekeeping
from shared.http import RequestFailed
from shared.tasks import GiveUp, Handler, run_due
from shared.web.resources import Resources
from shared.worker import Coalesced, run_worker

log = structlog.get_logger()


async def run_tasks_worker(
    resources: Resources,
    handlers: Mapping[str, Handler],
    give_up: Mapping[str, GiveUp],
    follower: Follower | None = None,
    chores: Sequence[Chore] = (),
) -> None:
    """Work until told to stop; `follower` takes in the feeds that the settings say are followed.

    `chores` are done with the housekeeping.
    """
    settings = resources.settings

    async def do_tasks(_argument: str) -> None:
        await run_due(resources.database, handlers, give_up)

    async def pull(source: str) -> None:
        try:
            while follower is not None and await follower.pull(source):
                pass
        except RequestFailed as error:
            log.warning("feed out of reach", source=source, error=str(error))

    work, follow = Coalesced(do_tasks), Coalesced(pull)
    housekeeping = Housekeeping(resources.database, chores)

    async def tick() -> None:
        # Side by side: a source that is away must not hold up the tasks.
        await asyncio.gather(work(""), *(follow(source) for source in settings.followed))
        await housekeeping.tidy()

    async with serving_health(resources):
        await run_worker(settings.tasks_worker, settings.redis, {"work": work, "pull": follow}, tick)
