"""What is known here of a person by reference alone: where it stands, what mail is wanted, and whether it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Mailbox
from services.engagement.repository import mailboxes, people
from services.engagement.repository.people import AtSupplier
from services.engagement.schemas.people import NewConsent
from services.engagement.service.audience.audiences import Purpose
from services.engagement.service.event import events
from shared import journal
from shared.auth.principal import Actor
from shared.errors import NotFound
from shared.journal import Change
from shared.web.etags import Expected

BOUNCES = "mail server"
"""Who says that mail does not arrive."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person."""

    person_ref: str
    mailbox: Mailbox | None
    suppliers: list[AtSupplier]

    def count(self, what: str) -> int:
        """How many attendances, completions, invitations or mails, over all suppliers."""
        return sum(getattr(one, what) for one in self.suppliers)


async def find_person(session: AsyncSession, person_ref: str) -> Known:
    """What is known of a person; empty where nothing is."""
    found = await mailboxes.find(session, [person_ref])
    return Known(person_ref, found.get(person_ref), await people.count_by_supplier(session, person_ref))


async def get_person(session: AsyncSession, person_ref: str) -> Known:
    """What is known of a person, or NotFound."""
    known = await find_person(session, person_ref)
    if known.mailbox is None and not known.suppliers:
        raise NotFound("Nothing is known here of such a person.")
    return known


async def set_consent(
    session: AsyncSession, actor: Actor, person_ref: str, expected: Expected, consent: NewConsent
) -> None:
    """What the person wants from now on; of somebody who is not known yet too."""
    mailbox = await mailboxes.lock_or_make(session, person_ref, actor.sub, datetime.now(UTC))
    expected.check_put(mailbox.version)
    changes: dict[str, Any] = {"invitations": consent.invitations, "newsletters": consent.newsletters}
    await _change(session, actor, mailbox, changes | ({"unreachable_since": None} if consent.is_reachable else {}))


async def withdraw_consent(session: AsyncSession, person_ref: str, purpose: Purpose, by: str) -> None:
    """From now on the person gets no mail of that purpose; saying so twice is saying so once."""
    await _say(session, person_ref, by, {purpose: False})


async def give_consent(session: AsyncSession, person_ref: str, purpose: Purpose, by: str) -> None:
    """From now on the person gets mail of that purpose (again)."""
    await _say(session, person_ref, by, {purpose: True})


async def mark_unreachable(session: AsyncSession, person_ref: str, at: datetime) -> None:
    """Mail to the person came back for good at that time; the first time stands."""
    mailbox = await mailboxes.lock_or_make(session, person_ref, BOUNCES, at)
    if mailbox.unreachable_since is None:
        await _change(session, Actor(sub=BOUNCES, client_id=None), mailbox, {"unreachable_since": at})


async def _say(session: AsyncSession, person_ref: str, by: str, changes: Mapping[str, Any]) -> None:
    mailbox = await mailboxes.lock_or_make(session, person_ref, by, datetime.now(UTC))
    await _change(session, Actor(sub=by, client_id=None), mailbox, changes)


async def _change(session: AsyncSession, actor: Actor, mailbox: Mailbox, changes: Mapping[str, Any]) -> None:
    """Set these fields; the version stays where nothing differs, but for a new row, which begins with 1."""
    before = _state(mailbox)
    for name, value in changes.items():
        setattr(mailbox, name, value)
    after = _state(mailbox)
    if after == before and mailbox.version:
        return
    mailbox.version += 1
    mailbox.changed_by, mailbox.changed_at = actor.sub, datetime.now(UTC)
    await session.flush()
    # Not for the feed: whoever follows that has no use for what a person wants.
    await journal.note(session, actor, [Change("mailbox.changed", mailbox.id, mailbox.version, after, before)])


def _state(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "invitations": mailbox.invitations,
        "newsletters": mailbox.newsletters,
        "unreachable_since": events.as_text(mailbox.unreachable_since),
    }
