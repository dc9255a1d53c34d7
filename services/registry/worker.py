"""The registry's worker process: `python -m services.registry.worker`."""

import asyncio

from services.registry import tasks
from services.registry.settings import RegistrySettings
from shared.logging import configure_logging
from shared.tasks_worker import run_tasks_worker
from shared.web.resources import open_resources


async def work(settings: RegistrySettings) -> None:
    """Work until told to stop."""
    async with open_resources(settings) as resources:
        await run_tasks_worker(resources, tasks.handlers(resources), tasks.GIVE_UP)


def main() -> None:
    """Run the worker with settings from the environment."""
    settings = RegistrySettings.load()
    configure_logging(settings.service, settings.log_level, settings.log_format)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
