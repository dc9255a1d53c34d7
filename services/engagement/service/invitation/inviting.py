"""Inviting an audience to an event: everybody once, by whatever rules they are found, however often it is done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Event, Invitation
from services.engagement.repository import invitations as repository
from services.engagement.repository import rows
from services.engagement.service.audience.audiences import Audience, Recipient
from services.engagement.service.event import announcing
from services.engagement.service.invitation import invitations, recording
from shared import journal
from shared.auth.principal import Actor
from shared.ids import new_id
from shared.journal import Change

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom an audience means for an event; `already` are invited as it is, `to_invite` are new or invited again."""

    audience: Audience
    already: frozenset[str]

    @property
    def to_invite(self) -> list[Recipient]:
        """Those who are not invited yet."""
        return [recipient for recipient in self.audience.recipients if recipient.person_ref not in self.already]

    @property
    def suppliers(self) -> int:
        """How many suppliers the people belong to."""
        return len({recipient.supplier_id for recipient in self.audience.recipients})

    @property
    def by_language(self) -> Counter[str]:
        """How many people are written to in which language."""
        return Counter(recipient.language for recipient in self.audience.recipients)

    @property
    def by_reason(self) -> Counter[str]:
        """How many people each part of the rule found; one person may be found by several."""
        return Counter(reason for recipient in self.audience.recipients for reason in recipient.reasons)


async def preview(session: AsyncSession, event_id: UUID, audience: Audience, now: datetime) -> Invited:
    """Whom inviting that audience would invite; Conflict where nobody can be invited any more."""
    event = await rows.get(session, Event, event_id, "event")
    invitations.refuse_what_is_over(event, now)
    held = await repository.list_by_person(session, event_id, _refs(audience))
    return Invited(audience, _live(held))


async def invite(session: AsyncSession, actor: Actor, event_id: UUID, audience: Audience, now: datetime) -> Invited:
    """Invite those of the audience who are not invited yet, and queue their mails."""
    event = await rows.lock(session, Event, event_id, "event")
    invitations.refuse_what_is_over(event, now)
    held = await repository.list_by_person(session, event_id, _refs(audience))
    invited = Invited(audience, _live(held))
    again = [recipient for recipient in invited.to_invite if recipient.person_ref in held]
    new = [recipient for recipient in invited.to_invite if recipient.person_ref not in held]
    if again:
        # Calendars have seen the present number on what took the event out of them.
        event.sequence += 1
    for start in range(0, len(again), AT_ONCE):
        await _invite_again(session, actor, event, again[start : start + AT_ONCE], held)
    for start in range(0, len(new), AT_ONCE):
        await _invite(session, actor, event, new[start : start + AT_ONCE])
    return invited


async def _invite(session: AsyncSession, actor: Actor, event: Event, recipients: Sequence[Recipient]) -> None:
    added = [
        Invitation(
            id=new_id(), version=1, event_id=event.id, supplier_id=recipient.supplier_id,
            contact_id=recipient.contact_id, person_ref=recipient.person_ref, language=recipient.language,
            reasons=list(recipient.reasons), reply="needs_action", replied_at=None, withdrawn_at=None,
            created_by=actor.sub,
        )
        for recipient in recipients
    ]  # fmt: skip
    await repository.insert(session, added)
    await journal.record(
        session,
        actor,
        [
            Change("invitation.created", invitation.id, invitation.version, recording.feed_state(invitation))
            for invitation in added
        ],
    )
    await announcing.queue(session, event, added, "REQUEST")


async def _invite_again(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    recipients: Sequence[Recipient],
    held: dict[str, Invitation],
) -> None:
    changes = []
    for recipient in recipients:
        invitation = held[recipient.person_ref]
        changes.append((invitation, recording.feed_state(invitation)))
        invitation.supplier_id, invitation.contact_id = recipient.supplier_id, recipient.contact_id
        invitation.language, invitation.reasons = recipient.language, list(recipient.reasons)
        # What was answered to an invitation that was taken back answers nothing any more.
        invitation.reply, invitation.replied_at, invitation.withdrawn_at = "needs_action", None, None
    await recording.save(session, actor, "renewed", changes)
    await announcing.queue(session, event, [invitation for invitation, _ in changes], "REQUEST")


def _refs(audience: Audience) -> list[str]:
    return [recipient.person_ref for recipient in audience.recipients]


def _live(held: dict[str, Invitation]) -> frozenset[str]:
    return frozenset(invitation.person_ref for invitation in held.values() if invitation.withdrawn_at is None)
