"""The audit service's worker process: `python -m services.audit.worker`."""

import asyncio

import httpx
import structlog

from services.audit import tasks
from services.audit.settings import AuditSettings
from shared.housekeeping import Housekeeping
from shared.http import RequestFailed
from shared.logging import configure_logging
from shared.tasks.leasing import run_due
from shared.web.resources import open_resources
from shared.worker import Coalesced, run_worker

log = structlog.get_logger()


async def work(settings: AuditSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
    """Follow the registry's feed and do the audit service's tasks as they fall due, until told to stop."""
    async with open_resources(settings, transport=transport) as resources:
        handlers = tasks.handlers(resources)
        follower = tasks.follower(resources)

        async def run_tasks(_argument: str) -> None:
            await run_due(resources.database, handlers)

        async def pull(source: str) -> None:
            try:
                while await follower.pull(source):
                    pass
            except RequestFailed as error:
                log.warning("feed out of reach", source=source, error=str(error))

        tasks_job, pull_job = Coalesced(run_tasks), Coalesced(pull)
        housekeeping = Housekeeping(resources.database)

        async def tick() -> None:
            # Side by side: an absent registry must not hold up the tasks.
            await asyncio.gather(tasks_job(""), *(pull_job(source) for source in tasks.SOURCES))
            await housekeeping.tidy()

        await run_worker(settings.tasks_worker, settings.redis_url, {"work": tasks_job, "pull": pull_job}, tick)


def main() -> None:
    """Run the worker with settings from the environment."""
    settings = AuditSettings.load()
    configure_logging(settings.service, settings.log_level, settings.log_format)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
