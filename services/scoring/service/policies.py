"""Which policy is in force on which day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.policy import Policy
from services.scoring.domain.policy_document import from_dict
from services.scoring.models import scores

_read: dict[int, Policy] = {}


@dataclass(frozen=True, slots=True)
class Published:
    """A published policy and the first day on which it is in force."""

    valid_from: date
    policy: Policy


class Calendar:
    """The published policies in the order of their days."""

    def __init__(self, published: Sequence[Published]) -> None:
        """There is always one at least: the default policy comes with the schema."""
        self._published = sorted(published, key=lambda one: (one.valid_from, one.policy.version))

    def on(self, day: date) -> Policy:
        """The policy in force on `day`; before the first, the first."""
        started = [one.policy for one in self._published if one.valid_from <= day]
        return started[-1] if started else self._published[0].policy

    def next_after(self, day: date) -> date | None:
        """The first day after `day` on which another policy comes into force."""
        return min((one.valid_from for one in self._published if one.valid_from > day), default=None)

    def version(self, number: int) -> Policy:
        """The published policy with that version."""
        return next(one.policy for one in self._published if one.policy.version == number)


async def read_calendar(session: AsyncSession) -> Calendar:
    """The published policies; each is parsed once per process, since it never changes."""
    rows = await session.execute(
        select(scores.Policy.version, scores.Policy.valid_from).where(scores.Policy.status == "published")
    )
    days = {row.version: row.valid_from for row in rows}
    missing = [version for version in days if version not in _read]
    if missing:
        documents = select(scores.Policy.version, scores.Policy.document).where(scores.Policy.version.in_(missing))
        for row in await session.execute(documents):
            _read[row.version] = from_dict(row.document)
    return Calendar([Published(valid_from, _read[version]) for version, valid_from in days.items()])
