"""The audit service's worker process: `python -m services.audit.worker`."""

import asyncio

from services.audit import tasks
from services.audit.service.files import Sweep
from services.audit.service.reminders import Planner
from services.audit.service.resources import open_audit_resources
from services.audit.settings import AuditSettings
from shared.logging import configure_logging
from shared.tasks_worker import run_tasks_worker


async def work(settings: AuditSettings) -> None:
    """Work until told to stop."""
    async with open_audit_resources(settings) as resources:
        sweep = Sweep(resources.database, resources.files)
        planner = Planner(resources)
        await run_tasks_worker(
            resources, tasks.handlers(resources), tasks.GIVE_UP, tasks.follower(resources), [planner.plan, sweep.sweep]
        )


def main() -> None:
    """Run the worker with settings from the environment."""
    settings = AuditSettings.load()
    configure_logging(settings.service, settings.log_level, settings.log_format)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
