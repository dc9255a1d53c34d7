"""The audit service's slow work, and the feed that it follows."""

from services.audit.service import files, reminders, suppliers
from services.audit.service.imports import KINDS
from services.audit.service.resources import AuditResources
from shared.feed.fetching import page_fetcher
from shared.feed.following import Follower
from shared.imports.running import TASK_KIND, give_up_import, run_import
from shared.tasks import GiveUp, Handler, Lease, parked_events
from shared.web.resources import Resources

GIVE_UP: dict[str, GiveUp] = {TASK_KIND: give_up_import, reminders.ONE_TASK: reminders.give_up_put_off}
"""What to do for whoever waits for a task that is not tried again."""


def handlers(resources: AuditResources) -> dict[str, Handler]:
    """What to do for each kind of task."""
    kinds = {kind.name: kind for kind in KINDS}

    async def import_file(lease: Lease) -> None:
        await run_import(resources, kinds, lease)

    async def erase_file(lease: Lease) -> None:
        await files.erase_content(resources.database, resources.files, lease)

    async def send_reminders(lease: Lease) -> None:
        await reminders.send_round(resources, lease)

    async def send_put_off_reminder(lease: Lease) -> None:
        await reminders.send_put_off(resources, lease)

    return {
        TASK_KIND: import_file,
        parked_events.TASK_KIND: parked_events.replaying(resources.database, suppliers.apply_feed),
        files.ERASE_TASK: erase_file,
        reminders.ROUND_TASK: send_reminders,
        reminders.ONE_TASK: send_put_off_reminder,
    }


def follower(resources: Resources) -> Follower:
    """Keeps the copies of suppliers up to date."""
    return Follower(
        resources.database, page_fetcher(resources), suppliers.apply_feed, parked_events.burying(suppliers.park)
    )
