"""What happens on the day on which a policy comes into force: everybody is scored anew, once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.scores import Policy
from services.scoring.repository import policies as repository
from services.scoring.service import recalculations
from shared.auth.principal import Actor

THE_CALENDAR = Actor("bellwether", None)
"""Who has everybody scored anew on the day of a policy that was published before."""


async def start_policies(session: AsyncSession, actor: Actor, starting: Sequence[Policy]) -> None:
    """Have everybody scored by policies, held by the session, that have just come into force: the last one counts."""
    named = ", ".join(str(policy.version) for policy in starting)
    await recalculations.order_recalculation(session, actor, f"policy {named} is in force")
    for policy in starting:
        policy.rescored_at = datetime.now(UTC)


async def start_due_policies(session: AsyncSession, today: date) -> bool:
    """Start the policies whose day has come and that nobody has started; whether there were any.

    The note that they are started is of the same transaction as the order to score: a worker that dies leaves both to
    the next one.
    """
    starting = await repository.lock_starting(session, today)
    if starting:
        await start_policies(session, THE_CALENDAR, starting)
    return bool(starting)
