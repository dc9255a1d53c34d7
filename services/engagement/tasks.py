"""The engagement service's slow work, and the feeds that it follows."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.service import certificate_reminders, erasure, suppliers
from services.engagement.service.group import messages, sending
from services.engagement.service.imports import KINDS
from services.engagement.service.invitation import mails as invitation_mails
from services.engagement.service.mail import deliveries, delivering
from services.engagement.service.mail.kinds import MailKind
from services.engagement.service.meeting import commitment_telling, finding_copies
from services.engagement.service.newsletter import mails as newsletter_mails
from shared.feed.fetching import page_fetcher
from shared.feed.following import Apply, Event, Follower
from shared.imports.running import TASK_KIND, give_up_import, run_import
from shared.tasks import GiveUp, Handler, Lease, parked_events
from shared.web.resources import Resources

GIVE_UP: dict[str, GiveUp] = {
    TASK_KIND: give_up_import,
    messages.SEND_TASK: messages.give_up,
    deliveries.TASK_KIND: delivering.give_up,
    commitment_telling.TASK_KIND: commitment_telling.give_up,
}
"""What to do for whoever waits for a task that is not tried again."""

MAIL_KINDS: Mapping[str, MailKind] = {kind.name: kind for kind in (invitation_mails.KIND, newsletter_mails.KIND)}


def handlers(resources: Resources) -> dict[str, Handler]:
    """What to do for each kind of task."""
    kinds = {kind.name: kind for kind in KINDS}

    async def import_file(lease: Lease) -> None:
        await run_import(resources, kinds, lease)

    async def remind_of_certificates(lease: Lease) -> None:
        await certificate_reminders.remind_of_certificates(resources, lease)

    async def send_group_message(lease: Lease) -> None:
        await sending.send_message(resources, lease)

    async def send_mails(lease: Lease) -> None:
        await delivering.send_mails(resources, MAIL_KINDS, lease)

    async def tell_of_commitments(lease: Lease) -> None:
        await commitment_telling.tell_of_commitments(resources, lease)

    return {
        TASK_KIND: import_file,
        parked_events.TASK_KIND: parked_events.replaying(resources.database, _applying(resources)),
        certificate_reminders.TASK_KIND: remind_of_certificates,
        messages.SEND_TASK: send_group_message,
        deliveries.TASK_KIND: send_mails,
        commitment_telling.TASK_KIND: tell_of_commitments,
    }


APPLY: Mapping[str, Apply] = {"registry": suppliers.apply_feed, "audit": finding_copies.apply_feed}
"""What is taken in of each feed that is followed."""


async def apply_feed(session: AsyncSession, source: str, events: Sequence[Event]) -> None:
    """Take in what matters here of a page of `source`."""
    await APPLY[source](session, source, events)


def _applying(resources: Resources) -> Apply:
    async def apply(session: AsyncSession, source: str, events: Sequence[Event]) -> None:
        await apply_feed(session, source, events)
        if source == "registry":
            await erasure.apply_contacts(session, resources.cursor_key, events)

    return apply


def follower(resources: Resources) -> Follower:
    """Keeps the copies of suppliers and findings up to date, and forgets whom the registry has erased."""
    return Follower(
        resources.database, page_fetcher(resources), _applying(resources), parked_events.burying(suppliers.park)
    )
