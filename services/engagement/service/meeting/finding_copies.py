"""Following what the audit service tells of findings, and of what was promised about them in support meetings."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain.finding_days import closed_and_withdrawn_on
from services.engagement.repository import finding_copies as repository
from services.engagement.schemas.effect import FindingState
from services.engagement.service.meeting import commitments
from shared.feed.following import Event


async def apply_feed(session: AsyncSession, source: str, events: Sequence[Event]) -> None:  # noqa: ARG001
    """Take in what the audit service's feed tells of findings and commitments; all else is not kept here."""
    # Of several events of a finding the last one holds: each carries the full state.
    newest = {event.resource_id: event for event in events if event.resource == "finding"}
    await repository.keep_told(session, [_copy(event) for event in newest.values()])
    await commitments.take_told(session, events)


def _copy(event: Event) -> repository.Copy:
    state = FindingState.model_validate(event.data)
    closed_on, withdrawn_on = closed_and_withdrawn_on([(step.to, step.on) for step in state.transitions])
    kept = state.model_dump(exclude={"transitions"})
    return {"id": event.resource_id, "pos": event.pos, **kept, "closed_on": closed_on, "withdrawn_on": withdrawn_on}
