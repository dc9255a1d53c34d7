"""Computing scores: the dirty suppliers batch by batch, and any day's score from the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import days
from services.scoring.domain.policy import Policy
from services.scoring.domain.score import Scores, score
from services.scoring.repository import evidence, scores
from services.scoring.repository.evidence import Batch
from services.scoring.service.policies import Calendar, read_calendar
from shared import feed
from shared.db import Database
from shared.feed import NewEvent
from shared.ids import new_id

BATCH = 2000
DIGITS = ("score", "base", "credit", "risk_tier", "tier_reasons", "basis", "confidence", "categories", "policy_version")
SCORE_COLUMNS = (
    *DIGITS, "as_of", "registry_pos", "audit_pos", "engagement_pos", "scoring_pos", "computed_at",
)  # fmt: skip

log = structlog.get_logger()


def today() -> date:
    """The day that scores are computed for: UTC, so that it is the same everywhere."""
    return datetime.now(UTC).date()


async def drain(database: Database, day: date, limit: int = BATCH) -> int:
    """Score a batch of dirty suppliers in one transaction; returns how many were dealt with."""
    try:
        return await _drain(database, day, limit)
    except Exception:
        if limit == 1:
            raise
        log.exception("a batch of suppliers was not scored as a whole, trying one by one")
    dealt = 0
    for _ in range(limit):
        one = await _drain_one(database, day)
        if one == 0:
            break
        dealt += one
    return dealt


async def _drain(database: Database, day: date, limit: int) -> int:
    async with database.transaction() as session:
        # One statement takes the locks, a later one reads the evidence: whoever changes evidence after that read has
        # to wait for our commit to mark the supplier, and so marks it anew; nothing is lost.
        locked = await scores.lock_dirty(session, limit)
        if locked:
            await score_locked(session, list(locked), day, evidence_came=locked)
            await scores.clear_dirty(session, locked)
        return len(locked)


async def _drain_one(database: Database, day: date) -> int:
    """Score the supplier that has waited longest; put one off that cannot be scored, with its error."""
    async with database.transaction() as session:
        locked = await scores.lock_dirty(session, 1)
        for supplier_id, came in locked.items():
            try:
                async with session.begin_nested():
                    await score_locked(session, [supplier_id], day, evidence_came={supplier_id: came})
                    await scores.clear_dirty(session, [supplier_id])
            except Exception as error:
                log.exception("supplier put off", supplier_id=str(supplier_id))
                await scores.put_off(session, supplier_id, f"{type(error).__name__}: {error}")
        return len(locked)


async def score_locked(
    session: AsyncSession, supplier_ids: Sequence[UUID], day: date, *, evidence_came: Mapping[UUID, bool]
) -> None:
    """Compute and store the scores of suppliers whose marks this transaction holds."""
    calendar = await read_calendar(session)
    batch, computed = await compute(session, supplier_ids, day, calendar)
    held = await scores.read_digits(session, supplier_ids)
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    history: list[dict[str, Any]] = []
    events: list[NewEvent] = []
    for supplier_id, known in batch.known.items():
        values = score_values(batch, computed, known.row, day, calendar, now)
        before = held.get(supplier_id)
        changed = before is None or any(getattr(before, name) != values[name] for name in DIGITS)
        version = 1 if before is None else before.version + int(changed)
        until = days.to_date(int(computed.valid_until[known.row]))
        rows.append({"supplier_id": supplier_id, "version": version, "valid_until": until, **values})
        if changed or evidence_came[supplier_id]:
            history.append({"id": new_id(), "supplier_id": supplier_id, "score_version": version, **values})
        if changed:
            events += _events(supplier_id, known.code, version, values, before, calendar)
    await scores.write_scores(session, rows, history, [i for i in supplier_ids if i not in batch.known])
    if events:
        await feed.append(session, events, now)


async def compute(
    session: AsyncSession,
    supplier_ids: Sequence[UUID],
    day: date,
    calendar: Calendar,
    *,
    at: evidence.Positions | None = None,
    with_ids: bool = False,
    policy: Policy | None = None,
) -> tuple[Batch, Scores]:
    """The evidence on suppliers and their scores on `day`; stores nothing.

    Under the policy in force on the day, where no other `policy` is given.
    """
    policy = policy or calendar.on(day)
    batch = await evidence.load_evidence(session, supplier_ids, day, policy, at=at, with_ids=with_ids)
    return batch, score(batch.evidence, day, policy, calendar.next_after(day))


def score_values(
    batch: Batch, computed: Scores, row: int, day: date, calendar: Calendar, now: datetime
) -> dict[str, Any]:
    """The columns of one supplier's score."""
    return {
        **digits(computed, row, calendar.on(day).version),
        "as_of": day,
        **{f"{source}_pos": position for source, position in asdict(batch.positions).items()},
        "computed_at": now,
    }


def digits(computed: Scores, row: int, policy_version: int) -> dict[str, Any]:
    """What recomputing one supplier's score at its coordinates gives again, for ever."""
    return {
        "score": float(computed.score[row]),
        "base": float(computed.base[row]),
        "credit": float(computed.credit[row]),
        "risk_tier": computed.risk_tier(row),
        "tier_reasons": computed.tier_reasons(row),
        "basis": computed.basis_name(row),
        "confidence": float(computed.confidence[row]),
        "categories": computed.categories[row].tolist(),
        "policy_version": policy_version,
    }


def categories_by_name(values: Mapping[str, Any], calendar: Calendar) -> dict[str, float]:
    """Category -> score, under the names of the score's policy."""
    names = [category.code for category in calendar.version(values["policy_version"]).categories]
    return dict(zip(names, values["categories"], strict=True))


def _events(
    supplier_id: UUID, code: str, version: int, values: dict[str, Any], before: Any | None, calendar: Calendar
) -> list[NewEvent]:
    state = {
        "supplier_id": str(supplier_id),
        "supplier_code": code,
        **{name: values[name] for name in DIGITS},
        "categories": categories_by_name(values, calendar),
        "as_of": values["as_of"].isoformat(),
        "computed_at": values["computed_at"].isoformat(),
    }
    events = [NewEvent("score.changed", supplier_id, version, state)]
    if before is None or before.risk_tier != values["risk_tier"]:
        tier = {
            "supplier_id": str(supplier_id),
            "supplier_code": code,
            "risk_tier": values["risk_tier"],
            "previous": None if before is None else before.risk_tier,
            "tier_reasons": values["tier_reasons"],
            "score_version": version,
        }
        events.append(NewEvent("risk_tier.changed", supplier_id, version, tier))
    return events
