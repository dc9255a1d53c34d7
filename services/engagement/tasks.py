"""Engagement's slow work, and following the registry."""

from typing import Any
from uuid import UUID

from services.engagement import clients
from services.engagement.service import suppliers
from services.engagement.service.imports import KINDS
from shared.feed.following import Follower
from shared.imports.running import TASK_KIND, run_import
from shared.tasks import Lease
from shared.tasks.leasing import Handler
from shared.web.resources import Resources


def handlers(resources: Resources) -> dict[str, Handler]:
    """What to do for each kind of task."""
    kinds = {kind.name: kind for kind in KINDS}

    async def import_file(lease: Lease) -> None:
        await run_import(resources, kinds, lease)

    return {TASK_KIND: import_file}


def follower(resources: Resources) -> Follower:
    """Keeps the copies of suppliers up to date."""

    async def fetch(source: str, after: int, epoch: UUID | None) -> dict[str, Any]:
        return await clients.fetch_feed_page(resources, source, after, epoch)

    return Follower(resources.database, fetch, suppliers.apply_feed, suppliers.park)
