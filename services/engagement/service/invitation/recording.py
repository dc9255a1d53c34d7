"""What the journal keeps of invitations."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Invitation
from shared import journal
from shared.auth.principal import Actor
from shared.journal import Change


def feed_state(invitation: Invitation) -> dict[str, Any]:
    """An invitation as the feed tells it: without the person."""
    return {
        "event_id": str(invitation.event_id),
        "supplier_id": str(invitation.supplier_id),
        "reply": invitation.reply,
        "withdrawn": invitation.withdrawn_at is not None,
    }


async def save(
    session: AsyncSession,
    actor: Actor,
    happened: str,
    changes: Sequence[tuple[Invitation, dict[str, Any]]],
    private: dict[str, Any] | None = None,
) -> None:
    """Write changed invitations, each with its state before, and what happened to them."""
    for invitation, _ in changes:
        invitation.version += 1
    await session.flush()
    told = [
        Change(
            f"invitation.{happened}", invitation.id, invitation.version, feed_state(invitation), before, private or {}
        )
        for invitation, before in changes
    ]
    await journal.record(session, actor, told)
