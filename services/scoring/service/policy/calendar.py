"""Which policy is in force on which day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.policy import Policy
from services.scoring.domain.policy.document import from_dict
from services.scoring.models import scores

_read: dict[tuple[int, datetime | None], Policy] = {}
"""By version and the moment of publication: a database that was restored may have another policy under the number."""


@dataclass(frozen=True, slots=True)
class Published:
    """A published policy and the first day on which it is in force."""

    valid_from: date
    policy: Policy


class Calendar:
    """The published policies in the order of their days."""

    def __init__(self, published: Sequence[Published], withdrawn: Sequence[Policy] = ()) -> None:
        """There is always one at least: the default policy comes with the schema.

        `withdrawn` ones were published and never are in force; what was computed by one names it all the same.
        """
        self._published = sorted(published, key=lambda one: (one.valid_from, one.policy.version))
        self._versions = {policy.version: policy for policy in (*withdrawn, *(one.policy for one in published))}

    @classmethod
    def of(cls, policy: Policy) -> "Calendar":
        """As if this policy were in force on every day."""
        return cls([Published(date.min, policy)])

    def on(self, day: date) -> Policy:
        """The policy in force on `day`; before the first, the first."""
        started = [one.policy for one in self._published if one.valid_from <= day]
        return started[-1] if started else self._published[0].policy

    def next_after(self, day: date) -> date | None:
        """The first day after `day` on which another policy comes into force."""
        return min((one.valid_from for one in self._published if one.valid_from > day), default=None)

    def version(self, number: int) -> Policy:
        """The policy with that version, which was published once."""
        return self._versions[number]


def parsed_before(version: int, published_at: datetime | None) -> Policy | None:
    """The policy of that number and moment, if this process has read it."""
    return _read.get((version, published_at))


async def read_calendar(session: AsyncSession) -> Calendar:
    """The published policies; each is parsed once per process, since it never changes."""
    policy = scores.Policy
    once = or_(policy.status == "published", policy.published_at.is_not(None))
    rows = (
        await session.execute(select(policy.version, policy.published_at, policy.status, policy.valid_from).where(once))
    ).all()
    missing = [row.version for row in rows if (row.version, row.published_at) not in _read]
    if missing:
        documents = select(policy.version, policy.published_at, policy.document).where(policy.version.in_(missing))
        for row in await session.execute(documents):
            _read[row.version, row.published_at] = from_dict(row.document)
    in_order = [(row, _read[row.version, row.published_at]) for row in rows]
    return Calendar(
        [Published(row.valid_from, read) for row, read in in_order if row.status == "published"],
        [read for row, read in in_order if row.status != "published"],
    )
