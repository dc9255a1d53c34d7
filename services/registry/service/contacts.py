"""People to write to: few, for a purpose, and erased on request."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.models import Contact, Supplier
from services.registry.schemas.contacts import NewContact
from shared import journal
from shared.auth.principal import Actor
from shared.ids import new_id
from shared.journal import Change


def feed_state(contact: Contact) -> dict[str, Any]:
    """A contact as the feed tells it: an opaque id, no name and no address."""
    return {
        "supplier_id": str(contact.supplier_id),
        "role": contact.role,
        "language": contact.language,
        "erased": contact.erased_at is not None,
    }


async def create_contact(session: AsyncSession, actor: Actor, supplier_id: UUID, new: NewContact) -> Contact:
    """A new contact of a supplier."""
    await repository.get(session, Supplier, supplier_id, "supplier")
    contact = Contact(id=new_id(), version=1, supplier_id=supplier_id, **new.model_dump())
    session.add(contact)
    await session.flush()
    await journal.record(session, actor, [Change("contact.created", contact.id, 1, feed_state(contact))])
    return contact


async def erase_contact(session: AsyncSession, actor: Actor, contact_id: UUID, now: datetime) -> None:
    """Make the person unidentifiable; the row stays, so that what refers to it still counts."""
    contact = await repository.lock(session, Contact, contact_id, "contact")
    if contact.erased_at is not None:
        return
    before = feed_state(contact)
    contact.name = None
    contact.email = None
    contact.erased_at = now
    contact.version += 1
    await session.flush()
    change = Change("contact.erased", contact.id, contact.version, feed_state(contact), before)
    await journal.record(session, actor, [change])
