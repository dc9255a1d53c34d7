"""Reading scores: the stored ones while they hold, and any other day's from the evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.explanation import explain
from services.scoring.domain.policy import Policy
from services.scoring.models.scores import Incomplete, Score
from services.scoring.repository import scores, suppliers
from services.scoring.repository.evidence import Positions
from services.scoring.service import overrides, scoring
from services.scoring.service.policy.calendar import Calendar, read_calendar
from shared.errors import FieldError, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class When:
    """Which score is asked for: of a day, as known at a moment; the current one where neither is given."""

    as_of: date | None = None
    known_at: datetime | None = None

    @property
    def is_now(self) -> bool:
        """Whether the current score is meant."""
        return self.as_of is None and self.known_at is None

    def check(self, today: date, *, as_of: str = "as_of", known_at: str = "known_at") -> None:
        """Raise Invalid for what lies in the future, under the names that the caller knows it by."""
        if self.as_of is not None and self.as_of > today:
            raise Invalid(
                "No score is known of a day to come.", fields=[FieldError(f"query: {as_of}", "lies in the future")]
            )
        if self.known_at is not None and self.known_at > datetime.now(UTC):
            raise Invalid(
                "Nothing is known at a time to come.", fields=[FieldError(f"query: {known_at}", "lies in the future")]
            )


async def read_score(session: AsyncSession, supplier_id: UUID, when: When, today: date) -> dict[str, Any]:
    """A supplier's score with everything the API shows of it; NotFound where there is none."""
    when.check(today)
    calendar = await read_calendar(session)
    if when.is_now:
        row = (await session.execute(scores.current_scores().where(Score.supplier_id == supplier_id))).one_or_none()
        if row is None:
            raise await _explain_absence(session, supplier_id)
        (view,) = await present(session, [row], calendar, today)
        return view
    day, at = await _coordinates(session, supplier_id, when, today)
    batch, computed = await scoring.compute(session, [supplier_id], day, calendar, at=at)
    known = batch.known.get(supplier_id)
    if known is None:
        raise await _explain_absence(session, supplier_id)
    values = scoring.score_values(batch, computed, known.row, day, calendar, datetime.now(UTC))
    return {
        "supplier_id": supplier_id,
        "supplier_code": known.code,
        "version": 0,
        "valid_until": None,
        "incomplete": bool(await _incomplete(session, [supplier_id])),
        **values,
        "categories": scoring.categories_by_name(values, calendar),
        "tier_override": await _override(session, supplier_id, day, when, at),
    }


async def read_explanation(session: AsyncSession, supplier_id: UUID, when: When, today: date) -> dict[str, Any]:
    """What a score is made of, piece by piece, from the evidence at its coordinates."""
    when.check(today)
    return await explain_at(session, supplier_id, when, today, await read_calendar(session))


async def explain_at(
    session: AsyncSession, supplier_id: UUID, when: When, today: date, calendar: Calendar, policy: Policy | None = None
) -> dict[str, Any]:
    """The explanation of a score under the policy of its day, or another; `when` has been checked."""
    day, at = await _coordinates(session, supplier_id, when, today)
    batch, computed = await scoring.compute(session, [supplier_id], day, calendar, at=at, with_ids=True, policy=policy)
    known = batch.known.get(supplier_id)
    if known is None:
        raise await _explain_absence(session, supplier_id)
    explanation = explain(batch.evidence, computed, known.row, policy or calendar.on(day), day)
    positions = {name: getattr(batch.positions, name) for name in Positions.__slots__}
    beside = {"tier_override": await _override(session, supplier_id, day, when, at)}
    return {"supplier_id": supplier_id, "supplier_code": known.code, **explanation, **beside, "positions": positions}


async def present(session: AsyncSession, rows: Sequence[Any], calendar: Calendar, today: date) -> list[dict[str, Any]]:
    """Current scores as the API shows them.

    Those that time, or a policy that came into force, has made out of date are computed anew for today.
    """
    in_force, next_from = calendar.on(today).version, calendar.next_after(today)
    stale = [
        row.supplier_id
        for row in rows
        if row.policy_version != in_force or (row.valid_until is not None and row.valid_until < today)
    ]
    fresh: dict[UUID, dict[str, Any]] = {}
    if stale:
        batch, computed = await scoring.compute(session, stale, today, calendar)
        now = datetime.now(UTC)
        fresh = {
            supplier_id: scoring.score_values(batch, computed, known.row, today, calendar, now)
            for supplier_id, known in batch.known.items()
        }
    supplier_ids = [row.supplier_id for row in rows]
    incomplete = await _incomplete(session, supplier_ids)
    overridden = await overrides.read_shown(session, supplier_ids, today)
    views = []
    for row in rows:
        values = {name: getattr(row, name) for name in scoring.SCORE_COLUMNS} | fresh.get(row.supplier_id, {})
        views.append(
            {
                "supplier_id": row.supplier_id,
                "supplier_code": row.supplier_code,
                "version": row.version,
                "valid_until": None if row.supplier_id in fresh else _ends(row.valid_until, next_from),
                "incomplete": row.supplier_id in incomplete,
                **values,
                "categories": scoring.categories_by_name(values, calendar),
                "as_of": today,
                "tier_override": overridden.get(row.supplier_id),
            }
        )
    return views


def _ends(valid_until: date | None, next_policy_from: date | None) -> date | None:
    """The last day of a score: one that was stored before the next policy was published does not know of it."""
    if next_policy_from is None:
        return valid_until
    before = next_policy_from - timedelta(days=1)
    return before if valid_until is None else min(valid_until, before)


async def _coordinates(
    session: AsyncSession, supplier_id: UUID, when: When, today: date
) -> tuple[date, Positions | None]:
    """The day to score, and the positions to read at; None for what is known now."""
    if when.known_at is None:
        return when.as_of or today, None
    row = await scores.find_history_at(session, supplier_id, when.known_at)
    if row is None:
        raise NotFound("No score of this supplier had been computed by then.", code="not-known-then")
    at = Positions(row.registry_pos, row.audit_pos, row.engagement_pos, row.scoring_pos)
    return when.as_of or when.known_at.astimezone(UTC).date(), at


async def _override(
    session: AsyncSession, supplier_id: UUID, day: date, when: When, at: Positions | None
) -> dict[str, Any] | None:
    """What stands beside the tier of that day, as it was known when the evidence was."""
    registry_pos = None if at is None else at.registry
    shown = await overrides.read_shown(session, [supplier_id], day, known_at=when.known_at, registry_pos=registry_pos)
    return shown.get(supplier_id)


async def _incomplete(session: AsyncSession, supplier_ids: Sequence[UUID]) -> set[UUID]:
    query = select(Incomplete.supplier_id).where(Incomplete.supplier_id.in_(supplier_ids))
    return set((await session.scalars(query)).all())


async def _explain_absence(session: AsyncSession, supplier_id: UUID) -> NotFound:
    supplier = await suppliers.find_supplier(session, supplier_id)
    if supplier is None:
        return NotFound("No such supplier.")
    if supplier.scored_as != supplier.id:
        return NotFound(f"This supplier is merged into {supplier.scored_as} and scored with it.", code="merged")
    return NotFound("This supplier has not been scored yet; try again in a moment.", code="not-yet-scored")
