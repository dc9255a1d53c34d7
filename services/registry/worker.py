"""The registry's worker process: `python -m services.registry.worker`."""

import asyncio

from services.registry import tasks
from services.registry.settings import RegistrySettings
from shared.housekeeping import Housekeeping
from shared.logging import configure_logging
from shared.tasks.leasing import run_due
from shared.web.resources import open_resources
from shared.worker import Coalesced, run_worker


async def work(settings: RegistrySettings) -> None:
    """Do the registry's tasks as they fall due, until told to stop."""
    async with open_resources(settings) as resources:
        handlers = tasks.handlers(resources)

        async def run_tasks(_argument: str) -> None:
            await run_due(resources.database, handlers)

        tasks_job = Coalesced(run_tasks)
        housekeeping = Housekeeping(resources.database)

        async def tick() -> None:
            await tasks_job("")
            await housekeeping.tidy()

        await run_worker(settings.tasks_worker, settings.redis_url, {"work": tasks_job}, tick)


def main() -> None:
    """Run the worker with settings from the environment."""
    settings = RegistrySettings.load()
    configure_logging(settings.service, settings.log_level, settings.log_format)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
