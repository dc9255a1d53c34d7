"""Wanting no more mails of a kind, and wanting them again; whoever holds the link of a mail speaks for who got it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Delivery
from services.engagement.repository import mailboxes, rows
from services.engagement.service import people
from services.engagement.service.audience.audiences import Purpose

PURPOSES: Mapping[str, Purpose] = {"invitation": "invitations", "newsletter": "newsletters"}
"""A delivery's kind -> what its reader agrees to."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a mail's reader gets, and whether they still want it."""

    purpose: Purpose
    is_wanted: bool


async def find_subscription(session: AsyncSession, delivery_id: UUID) -> Subscription:
    """What whoever got that mail gets; NotFound where there is no such mail any more."""
    delivery = await _delivery(session, delivery_id)
    purpose = PURPOSES[delivery.kind]
    return Subscription(purpose, is_wanted=await _is_wanted(session, delivery.person_ref, purpose))


async def stop_mails(session: AsyncSession, delivery_id: UUID) -> Subscription:
    """No more mails of that kind to whoever got this one; what waits to be sent is left out when its turn comes."""
    delivery = await _delivery(session, delivery_id)
    purpose = PURPOSES[delivery.kind]
    await people.withdraw_consent(session, delivery.person_ref, purpose, by=_by(delivery_id))
    return Subscription(purpose, is_wanted=False)


async def resume_mails(session: AsyncSession, delivery_id: UUID) -> Subscription:
    """They were stopped by mistake, or are wanted again."""
    delivery = await _delivery(session, delivery_id)
    purpose = PURPOSES[delivery.kind]
    if not await _is_wanted(session, delivery.person_ref, purpose):
        await people.give_consent(session, delivery.person_ref, purpose, by=_by(delivery_id))
    return Subscription(purpose, is_wanted=True)


async def _delivery(session: AsyncSession, delivery_id: UUID) -> Delivery:
    return await rows.get(session, Delivery, delivery_id, "mail")


async def _is_wanted(session: AsyncSession, person_ref: str, purpose: Purpose) -> bool:
    """Whether they did not say that they want no more; whoever was never asked did get the mail."""
    mailbox = (await mailboxes.find(session, [person_ref])).get(person_ref)
    return mailbox is None or getattr(mailbox, purpose) is not False


def _by(delivery_id: UUID) -> str:
    return f"delivery:{delivery_id}"
