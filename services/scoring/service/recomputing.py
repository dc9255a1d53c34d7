"""Stored scores, computed once more from the evidence at their coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.evidence_rows import take
from services.scoring.domain.policy import Policy
from services.scoring.domain.score import score
from services.scoring.repository import evidence
from services.scoring.repository.evidence import Coordinates, Positions
from services.scoring.service import scoring
from services.scoring.service.policy.calendar import Calendar
from shared.db import is_passing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a stored score comes to; no digits where its supplier has none there, or where it cannot be computed."""

    digits: dict[str, Any] | None
    error: str | None = None

    def differences(self, stored: Any) -> list[str]:
        """The names of the digits that are stored otherwise; all of them where there are none."""
        return [name for name in scoring.DIGITS if self.digits is None or getattr(stored, name) != self.digits[name]]


async def recompute(session: AsyncSession, stored: Sequence[Any], calendar: Calendar) -> list[Recomputed]:
    """Each stored score (a row of the scores or of their history) at its own day, policy and positions.

    A statement for each version of the policy among them, however many days and positions there are.
    """
    by_policy: dict[int, list[int]] = {}
    for place, row in enumerate(stored):
        by_policy.setdefault(row.policy_version, []).append(place)
    found: dict[int, Recomputed] = {}
    for version, places in by_policy.items():
        results = await _what_can_be(session, [stored[place] for place in places], calendar.version(version))
        found.update(zip(places, results, strict=True))
    return [found[place] for place in range(len(stored))]


async def _what_can_be(session: AsyncSession, stored: Sequence[Any], policy: Policy) -> list[Recomputed]:
    """Where evidence makes no sense, in ever smaller parts, so that it tells on nobody but whom it is about."""
    try:
        async with session.begin_nested():
            return await _under(session, stored, policy)
    except Exception as error:
        if is_passing(error):
            raise
        if len(stored) == 1:
            log.exception("a score cannot be recomputed", supplier_id=str(stored[0].supplier_id))
            return [Recomputed(None, f"{type(error).__name__}: {error}"[:500])]
    middle = len(stored) // 2
    first = await _what_can_be(session, stored[:middle], policy)
    return [*first, *await _what_can_be(session, stored[middle:], policy)]


async def _under(session: AsyncSession, stored: Sequence[Any], policy: Policy) -> list[Recomputed]:
    wanted = [_coordinates(row) for row in stored]
    loaded, is_known = await evidence.load_each(session, wanted, policy)
    by_day: dict[date, list[int]] = {}
    for place, one in enumerate(wanted):
        by_day.setdefault(one.day, []).append(place)
    found = [Recomputed(None)] * len(wanted)
    for day, places in by_day.items():
        computed = score(take(loaded, places), day, policy)
        for row, place in enumerate(places):
            if is_known[place]:
                found[place] = Recomputed(scoring.digits(computed, row, policy.version))
    return found


def _coordinates(row: Any) -> Coordinates:
    positions = Positions(row.registry_pos, row.audit_pos, row.engagement_pos, row.scoring_pos)
    return Coordinates(UUID(str(row.supplier_id)), row.as_of, positions)
