"""Engagement's worker process: `python -m services.engagement.worker`."""

import asyncio

import structlog

from services.engagement import tasks
from services.engagement.settings import EngagementSettings
from shared.housekeeping import Housekeeping
from shared.http import RequestFailed
from shared.logging import configure_logging
from shared.tasks.leasing import run_due
from shared.web.resources import open_resources
from shared.worker import Coalesced, run_worker

log = structlog.get_logger()


async def work(settings: EngagementSettings) -> None:
    """Follow the registry and do engagement's tasks as they fall due, until told to stop."""
    async with open_resources(settings) as resources:
        handlers = tasks.handlers(resources)
        follower = tasks.follower(resources)

        async def pull(source: str) -> None:
            if source not in settings.followed:
                return
            try:
                while await follower.pull(source):
                    pass
            except RequestFailed as error:
                log.warning("feed out of reach", source=source, error=str(error))

        async def run_tasks(_argument: str) -> None:
            await run_due(resources.database, handlers)

        pull_job = Coalesced(pull)
        tasks_job = Coalesced(run_tasks)
        housekeeping = Housekeeping(resources.database)

        async def tick() -> None:
            for source in settings.followed:
                await pull_job(source)
            await tasks_job("")
            await housekeeping.tidy()

        jobs = {"pull": pull_job, "work": tasks_job}
        await run_worker(settings.tasks_worker, settings.redis_url, jobs, tick)


def main() -> None:
    """Run the worker with settings from the environment."""
    settings = EngagementSettings.load()
    configure_logging(settings.service, settings.log_level, settings.log_format)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
