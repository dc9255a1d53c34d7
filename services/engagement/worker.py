"""The engagement service's worker process: `python -m services.engagement.worker`."""

import asyncio

from services.engagement import tasks
from services.engagement.service.attendance.reports import Forgetting
from services.engagement.settings import EngagementSettings
from shared.logging import configure_logging
from shared.tasks_worker import run_tasks_worker
from shared.web.resources import open_resources


async def work(settings: EngagementSettings) -> None:
    """Work until told to stop."""
    async with open_resources(settings) as resources:
        forgetting = Forgetting(resources.database)
        await run_tasks_worker(
            resources, tasks.handlers(resources), tasks.GIVE_UP, tasks.follower(resources), [forgetting.forget]
        )


def main() -> None:
    """Run the worker with settings from the environment."""
    settings = EngagementSettings.load()
    configure_logging(settings.service, settings.log_level, settings.log_format)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
