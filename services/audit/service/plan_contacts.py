"""Erasing people from corrective action plans, at their request."""

from collections import Counter

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.findings import Transition
from services.audit.repository import findings as repository
from services.audit.service import findings
from services.audit.service.findings import FindingChange
from shared.auth.principal import Actor


async def erase_contacts(session: AsyncSession, actor: Actor, email: str) -> int:
    """How many plans named the person with this address, in any case, as their contact; none does any more.

    The audit log says of which findings, by whom and when, never the address.
    """
    held = await repository.lock_findings_with_contact(session, email)
    erased = Counter(await repository.erase_contacts(session, [finding.id for finding in held], email))
    transitions = await repository.list_transitions(session, [finding.id for finding in held])
    changes = []
    for finding in held:
        taken = [Transition(row.to, row.on) for row in transitions.get(finding.id, [])]
        private = {"plan_contacts": [erased[finding.id], 0]}
        before = findings.feed_state(finding, taken)
        changes.append(FindingChange(finding, before, taken, "contacts_erased", private=private))
    await findings.save(session, actor, changes)
    return erased.total()
