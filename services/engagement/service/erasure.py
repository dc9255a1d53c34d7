"""Erasing a person: everything that was counted stays, and nothing leads to the person any more."""

import secrets
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import person_refs
from services.engagement.repository import feedback, mailboxes, people
from services.engagement.repository.people import Undecided
from services.engagement.service.attendance import reports
from shared import journal
from shared.auth.principal import Actor
from shared.feed.following import Event
from shared.ids import new_id
from shared.journal import Change

REGISTRY = Actor(sub="registry", client_id=None)
RANDOM_BYTES = 16


async def erase_person(
    session: AsyncSession, key: bytes, actor: Actor, person_ref: str, *, keep_objections: bool = False
) -> None:
    """Put one fresh reference in the place of a person's, everywhere at once; doing so again changes nothing.

    `key` is what references are made with. With `keep_objections` it stays known that the person wants no mail.
    """
    suppliers = {one.supplier_id for one in await people.count_by_supplier(session, person_ref)}

    async def find_undecided() -> list[Undecided]:
        return [one for one in await people.list_undecided(session) if _is_meant(one, key, person_ref, suppliers)]

    await people.lock_events_of(session, person_ref, {one.event_id for one in await find_undecided()})
    undecided = await find_undecided()  # again: whoever held the events may have decided, or erased the same person
    named: dict[UUID, list[UUID]] = {}
    for one in undecided:
        named.setdefault(one.report_id, []).append(one.id)
    if named:
        await reports.forget_people(session, actor, named)
    emptied = await feedback.empty_texts(session, person_ref)
    fresh = person_refs.of_nobody(secrets.token_bytes(RANDOM_BYTES))
    counts = await people.replace_ref(session, person_ref, fresh)
    removed = await mailboxes.remove(session, person_ref, keep_objections=keep_objections)
    counts |= {"reported": len(undecided), "mailboxes": int(removed), "feedback_texts": emptied}
    if any(counts.values()):
        # The audit log forgets nothing, so it is told that somebody was erased, and not who.
        await journal.note(session, actor, [Change("person.erased", new_id(), 1, counts)])


async def apply_contacts(session: AsyncSession, key: bytes, events: Sequence[Event]) -> None:
    """Erase whom the registry has erased, as far as mails or invitations tell who a contact is.

    The same address may stand with another supplier still, which only the registry knows: an objection is kept for it.
    """
    erased = {event.resource_id for event in events if event.resource == "contact" and event.data.get("erased")}
    if not erased:
        return
    for person_ref in await people.refs_of_contacts(session, erased):
        await erase_person(session, key, REGISTRY, person_ref, keep_objections=True)


def _is_meant(one: Undecided, key: bytes, person_ref: str, suppliers: Collection[UUID]) -> bool:
    if one.email:
        return person_refs.of_address(key, one.email) == person_ref
    return any(person_refs.of_name(key, supplier_id, one.name or "") == person_ref for supplier_id in suppliers)
