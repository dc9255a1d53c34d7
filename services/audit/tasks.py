"""The audit service's slow work, and the feed that it follows."""

from typing import Any
from uuid import UUID

from services.audit.service import suppliers
from services.audit.service.imports import KINDS
from shared.feed.following import PAGE, Follower
from shared.imports.running import TASK_KIND, run_import
from shared.tasks import Lease
from shared.tasks.leasing import Handler
from shared.web.resources import Resources

SOURCES = ("registry",)
"""The services whose feeds are followed."""


def handlers(resources: Resources) -> dict[str, Handler]:
    """What to do for each kind of task."""
    kinds = {kind.name: kind for kind in KINDS}

    async def import_file(lease: Lease) -> None:
        await run_import(resources, kinds, lease)

    return {TASK_KIND: import_file}


def follower(resources: Resources) -> Follower:
    """Keeps the copies of suppliers up to date."""

    async def fetch(source: str, after: int, epoch: UUID | None) -> dict[str, Any]:
        params = {"after": after, "limit": PAGE} | ({"epoch": str(epoch)} if epoch else {})
        page: dict[str, Any] = await resources.ask(source, "/v1/feed", params=params)
        return page

    return Follower(resources.database, fetch, suppliers.apply_feed, suppliers.park)
