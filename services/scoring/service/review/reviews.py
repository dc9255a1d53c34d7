"""Asking for a quarter's review, seeing it computed, and publishing it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.quarter import Quarter
from services.scoring.models.reviews import Qbr, Scorecard
from services.scoring.repository import reviews as repository
from services.scoring.service import actions, freshness, standing
from services.scoring.service.policy.calendar import read_calendar
from services.scoring.service.review.computing import Draft, ReadStandings, compute_draft, read_previous
from shared import holding, journal, tasks
from shared.auth.principal import Actor, Principal
from shared.errors import BellwetherError, Conflict, NotFound
from shared.ids import new_id
from shared.journal import Change
from shared.tasks import GIVEN_UP, Handler, Lease
from shared.web.etags import Expected
from shared.web.resources import Resources

TASK_KIND = "qbr"


async def request_review(session: AsyncSession, actor: Actor, quarter: Quarter, today: date) -> Qbr:
    """Have a worker compute the review: the draft anew, or the next revision where the latest one is published.

    Conflict where the quarter is not over on `today`: its scores would lie in the future.
    """
    if quarter.last_day >= today:
        raise Conflict(
            f"{quarter} ends on {quarter.last_day}; it can be reviewed from the day after.", code="quarter-not-over"
        )
    await holding.hold(session, "qbr", str(quarter))
    qbr = await repository.lock_latest(session, str(quarter))
    before: dict[str, Any] = {}
    if qbr is None or qbr.status == "published":
        qbr = Qbr(
            id=new_id(),
            version=qbr.version if qbr else 0,
            quarter=str(quarter),
            revision=qbr.revision + 1 if qbr else 1,
            unknown_suppliers=[],
            dropped_suppliers=[],
            grades={},
            warnings=[],
        )
        session.add(qbr)
    else:
        before = _state(qbr)
    qbr.status, qbr.error, qbr.created_by, qbr.created_at = "computing", None, actor.sub, datetime.now(UTC)
    await _save(session, actor, qbr, "requested", before)
    # of several requests the last one counts: the version tells a task whether it is still wanted
    who = {"sub": actor.sub, "client_id": actor.client_id, "person": actor.person}
    await tasks.enqueue(session, TASK_KIND, {"qbr_id": str(qbr.id), "version": qbr.version, **who})
    return qbr


async def publish_review(session: AsyncSession, caller: Principal, quarter: Quarter, expected: Expected) -> Qbr:
    """The latest revision, published for good by a second person; what follows from it becomes actions."""
    # the quarter before is held too, so that no new revision of it is published at the same moment
    await holding.hold_all(session, [("qbr", str(quarter.previous)), ("qbr", str(quarter))])
    qbr = await repository.lock_latest(session, str(quarter))
    if qbr is None:
        raise NotFound(f"No such review of {quarter}.")
    caller.second_person(qbr.created_by, "Publishing")
    expected.check(qbr.version)
    if qbr.status != "draft":
        raise Conflict(f"Only a draft can be published; this review is {qbr.status}.", code="not-a-draft")
    scorecards = await repository.list_scorecards(session, qbr.id)
    await _refuse_outdated(session, quarter, scorecards)
    before = _state(qbr)
    now = datetime.now(UTC)
    qbr.status, qbr.published_by, qbr.published_at = "published", caller.sub, now
    await _save(session, caller.actor, qbr, "published", before)
    calendar = await read_calendar(session)
    policy = calendar.on(quarter.last_day) if qbr.policy_version is None else calendar.version(qbr.policy_version)
    await actions.open_actions(session, caller.actor, qbr, scorecards, policy.qbr, now.date())
    return qbr


async def get_computed_revision(session: AsyncSession, quarter: str, revision: int | None) -> Qbr:
    """That revision, else the latest; Conflict where it holds no scorecards (yet)."""
    qbr = await repository.get_revision(session, quarter, revision)
    if qbr.status not in ("draft", "published"):
        raise Conflict(f"Revision {qbr.revision} of {quarter} is {qbr.status}.", code="review-not-computed")
    return qbr


async def get_revision_and_one_before(session: AsyncSession, quarter: str, revision: int | None) -> tuple[Qbr, Qbr]:
    """The one before that revision (else the latest), and itself; NotFound where it is the first."""
    after = await get_computed_revision(session, quarter, revision)
    if after.revision == 1:
        raise NotFound(f"Revision 1 of {quarter} has none before it.", code="no-revision-before")
    return await repository.get_revision(session, quarter, after.revision - 1), after


def task_handlers(
    resources: Resources, *, read_standings: ReadStandings = standing.read_standings
) -> dict[str, Handler]:
    """What to do for each kind of task of reviews."""

    async def compute(lease: Lease) -> None:
        await compute_review(resources, lease, read_standings)

    return {TASK_KIND: compute}


async def compute_review(resources: Resources, lease: Lease, read_standings: ReadStandings) -> None:
    """Compute the task's review once everything known is scored, and store it as a draft, or say why not."""
    qbr_id = UUID(lease.payload["qbr_id"])
    draft, failure = None, None
    async with resources.database.snapshot() as session:
        wanted = await session.get_one(Qbr, qbr_id)
    quarter = Quarter.parse(wanted.quarter)
    try:
        await freshness.wait_until_fresh(resources, lease)
        async with resources.database.transaction() as session:
            await lease.extend(session)
        async with resources.database.snapshot() as session:
            draft = await compute_draft(session, quarter, wanted.revision, read_standings)
    except BellwetherError as error:
        failure = error.detail
    async with resources.database.transaction() as session:
        await lease.complete(session)
        await holding.hold(session, "qbr", wanted.quarter)
        qbr = await repository.lock_latest(session, wanted.quarter)
        if qbr is None or qbr.id != qbr_id or qbr.version != lease.payload["version"]:
            return  # asked for once more meanwhile: the later task does it
        actor = Actor(lease.payload["sub"], lease.payload["client_id"], lease.payload["person"])
        await _store(session, actor, qbr, draft, failure)
    resources.ring(changed=True, work=False)


async def give_up_review(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the review of a dead task; asking for it once more begins anew."""
    wanted = await session.get_one(Qbr, UUID(payload["qbr_id"]))
    await holding.hold(session, "qbr", wanted.quarter)
    qbr = await repository.lock_latest(session, wanted.quarter)
    if qbr is not None and qbr.id == wanted.id and qbr.version == payload["version"]:
        actor = Actor(payload["sub"], payload["client_id"], payload["person"])
        await _store(session, actor, qbr, None, GIVEN_UP)


async def _store(session: AsyncSession, actor: Actor, qbr: Qbr, draft: Draft | None, failure: str | None) -> None:
    before = _state(qbr)
    await session.execute(delete(Scorecard).where(Scorecard.qbr_id == qbr.id))
    if draft is None:
        qbr.status, qbr.error, qbr.grades, qbr.warnings = "failed", failure, {}, []
        await _save(session, actor, qbr, "failed", before)
        return
    qbr.status, qbr.computed_at, qbr.policy_version = "draft", datetime.now(UTC), draft.policy_version
    qbr.unknown_suppliers, qbr.dropped_suppliers = draft.unknown_suppliers, draft.dropped_suppliers
    qbr.warnings = draft.warnings
    qbr.grades = dict(sorted(Counter(card["grade"] for card in draft.scorecards).items()))
    if draft.scorecards:
        await session.execute(insert(Scorecard), [{"qbr_id": qbr.id, **card} for card in draft.scorecards])
    await _save(session, actor, qbr, "computed", before)


async def _refuse_outdated(session: AsyncSession, quarter: Quarter, scorecards: Sequence[Scorecard]) -> None:
    """Conflict where the quarter before was published, or published anew, after the draft was computed.

    Its grades decide on what follows from two C in a row, and they may not differ from what everybody reads there.
    """
    revisions = {key: row.revision for key, row in (await read_previous(session, quarter)).items()}
    if any(revisions.get(card.supplier_id) != (card.previous or {}).get("revision") for card in scorecards):
        raise Conflict(
            f"The review of {quarter.previous} was published after this draft was computed; have it computed again.",
            code="quarter-before-changed",
        )


def _state(qbr: Qbr) -> dict[str, Any]:
    names = (
        "quarter", "revision", "status", "policy_version", "grades", "warnings", "unknown_suppliers",
        "dropped_suppliers",
    )  # fmt: skip
    return {name: getattr(qbr, name) for name in names}


async def _save(session: AsyncSession, actor: Actor, qbr: Qbr, happened: str, before: dict[str, Any]) -> None:
    qbr.version += 1
    await session.flush()
    await journal.record(session, actor, [Change(f"qbr.{happened}", qbr.id, qbr.version, _state(qbr), before)])
