"""Computing scores: the dirty suppliers batch by batch, and any day's score from the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import structlog
from prometheus_client import Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.policy import RISK_TIERS, Policy
from services.scoring.domain.score import BASES, Scores, score
from services.scoring.repository import evidence, score_columns, score_writing, scores
from services.scoring.repository.evidence import Batch
from services.scoring.repository.score_columns import Digits, Names
from services.scoring.repository.scores import News
from services.scoring.service.policy.calendar import Calendar, read_calendar
from shared import tracing
from shared.db import Database, is_outage

BATCH = 2000
DIGITS = ("score", "base", "credit", "risk_tier", "tier_reasons", "basis", "confidence", "categories", "policy_version")
SCORE_COLUMNS = (
    *DIGITS, "as_of", "registry_pos", "audit_pos", "engagement_pos", "scoring_pos", "computed_at",
)  # fmt: skip

NAMES = Names(RISK_TIERS, BASES)

EVIDENCE_TO_SCORE = Histogram(
    "bellwether_evidence_to_score_seconds",
    "From a change's commit to that of the score that holds it",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)
MOST_TRACES_LOGGED = 20

log = structlog.get_logger()


def today() -> date:
    """The day that scores are computed for: UTC, so that it is the same everywhere."""
    return datetime.now(UTC).date()


async def drain(database: Database, day: date, limit: int = BATCH) -> int:
    """Score a batch of dirty suppliers in one transaction; returns how many were dealt with."""
    try:
        return await _drain(database, day, limit)
    except Exception as error:
        if limit == 1 or is_outage(error):
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
    news: list[News] = []
    async with database.transaction() as session:
        # One statement takes the locks, a later one reads the evidence: whoever changes evidence after that read has
        # to wait for our commit to mark the supplier, and so marks it anew; nothing is lost.
        locked = await scores.lock_dirty(session, limit)
        if locked:
            news = await scores.list_news(session, locked)
            with tracing.joining(_traces(news), "score suppliers") as span:
                span.attributes["suppliers"] = len(locked)
                await score_locked(session, list(locked), day, evidence_came=locked)
            await scores.clear_dirty(session, locked)
    _tell(news)
    return len(locked)


def _traces(news: Sequence[News]) -> list[str]:
    return [each.trace for each in news if each.trace]


def _tell(news: Sequence[News]) -> None:
    """Measure how long evidence took to its score, and say which traces end here."""
    now = datetime.now(UTC)
    for each in news:
        if each.time is not None:
            EVIDENCE_TO_SCORE.observe((now - each.time).total_seconds())
    if news:
        traces = dict.fromkeys(map(tracing.trace_id_of, _traces(news)))
        log.info("suppliers scored", suppliers=len(news), traces=list(traces)[:MOST_TRACES_LOGGED])


async def _drain_one(database: Database, day: date) -> int:
    """Score the supplier that has waited longest; put one off that cannot be scored, with its error."""
    news: list[News] = []
    async with database.transaction() as session:
        locked = await scores.lock_dirty(session, 1)
        for supplier_id, came in locked.items():
            try:
                news = await scores.list_news(session, [supplier_id])
                async with session.begin_nested():
                    with tracing.joining(_traces(news), "score suppliers"):
                        await score_locked(session, [supplier_id], day, evidence_came={supplier_id: came})
                    await scores.clear_dirty(session, [supplier_id])
            except Exception as error:
                if is_outage(error):
                    raise
                news = []
                log.exception("supplier put off", supplier_id=str(supplier_id))
                await scores.put_off(session, supplier_id, f"{type(error).__name__}: {error}")
    _tell(news)
    return len(locked)


async def score_locked(
    session: AsyncSession, supplier_ids: Sequence[UUID], day: date, *, evidence_came: Mapping[UUID, bool]
) -> None:
    """Compute and store the scores of suppliers whose marks this transaction holds."""
    await scores.lock_scores(session, supplier_ids)
    await score_held(session, supplier_ids, day, evidence_came=evidence_came)


async def score_held(
    session: AsyncSession, supplier_ids: Sequence[UUID], day: date, *, evidence_came: Mapping[UUID, bool]
) -> int:
    """Compute and store scores that nobody else can write meanwhile; returns how many came out otherwise.

    Both must be held before: then whatever was written last was made from evidence that is no newer than what is read
    here, and a later writer reads ours as the score before its own.
    """
    calendar = await read_calendar(session)
    batch, computed = await compute(session, supplier_ids, day, calendar)
    policy = calendar.on(day)
    held = await score_columns.read_digits(session, supplier_ids, len(policy.categories), NAMES)
    unnumbered = _digits(computed, policy.version)
    differ = unnumbered.differ(held)
    fresh = replace(unnumbered, version=held.version + differ)
    if len(batch.rows) < len(supplier_ids):
        known = set(batch.ids)
        await scores.forget_scores(session, [i for i in supplier_ids if i not in known])
    came = np.fromiter((evidence_came.get(i, False) for i in batch.ids), dtype=np.bool_, count=len(batch.ids))
    changed = differ[batch.rows]
    kept = changed | came
    places = np.flatnonzero(kept | (fresh.valid_until != held.valid_until)[batch.rows])
    if len(places):
        rows = batch.rows[places]
        digits, previous_tier = fresh.take(rows), held.risk_tier[rows]
        written = score_writing.Written(
            supplier_ids=[batch.ids[place] for place in places.tolist()],
            supplier_codes=[batch.codes[place] for place in places.tolist()],
            digits=digits,
            previous_tier=previous_tier,
            in_history=kept[places],
            changed=changed[places],
            tier_changed=digits.risk_tier != previous_tier,
        )
        at = score_writing.Coordinates(policy.version, day, batch.positions, datetime.now(UTC))
        categories = [category.code for category in policy.categories]
        await score_writing.write_scores(session, written, at, categories, NAMES)
    return int(changed.sum())


def _digits(computed: Scores, policy_version: int) -> Digits:
    """What was computed, not yet a version of anything."""
    met = computed.tiers.met
    pattern = computed.tiers.tier + len(RISK_TIERS) * (met @ (1 << np.arange(met.shape[1], dtype=np.int64)))
    _, first, place = np.unique(pattern, return_index=True, return_inverse=True)
    lists = [score_columns.REASONS_APART.join(computed.tier_reasons(row)) for row in first.tolist()]
    return Digits(
        version=np.zeros(len(computed.score), dtype=np.int64),
        score=computed.score,
        base=computed.base,
        credit=computed.credit,
        confidence=computed.confidence,
        categories=computed.categories,
        risk_tier=computed.tiers.tier.astype(np.int64),
        basis=computed.basis.astype(np.int64),
        reasons=np.array(lists, dtype=object)[place],
        policy_version=np.full(len(computed.score), policy_version, dtype=np.int64),
        valid_until=computed.valid_until,
    )


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
