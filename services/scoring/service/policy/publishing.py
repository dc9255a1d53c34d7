"""Publishing a policy: by a second person, from today or a later day on."""

from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.scores import Policy
from services.scoring.repository import policies as repository
from services.scoring.service.policy import starts
from services.scoring.service.policy.drafts import check_draft, feed_state, save
from shared.auth.principal import Principal
from shared.errors import Conflict, FieldError, Invalid
from shared.web.etags import Expected


async def publish_policy(
    session: AsyncSession, caller: Principal, version: int, expected: Expected, valid_from: date, today: date
) -> Policy:
    """The draft, from now on unchanging and in force from `valid_from` on; where that is today, everybody is scored.

    A step for a person who has written nothing of it. Invalid for a day that has passed: scores of past days would
    change, and with them what was published on them.
    """
    await repository.hold_policies(session)
    policy = await repository.lock_policy(session, version)
    wrote = await repository.has_written(session, version, caller.sub)
    caller.second_person(caller.sub if wrote else policy.created_by, "Publishing")
    expected.check(policy.edition)
    check_draft(policy)
    if valid_from < today:
        raise Invalid(
            f"A policy cannot come into force in the past; today (UTC) is {today}.",
            fields=[FieldError("#/valid_from", "lies in the past")],
        )
    overtaking = await repository.find_overtaking(session, version, valid_from)
    if overtaking is not None:
        raise Conflict(
            f"Policy {overtaking} is in force from the same day and goes before version {version}, which would never be"
            " in force; draft one based on it, under a higher version.",
            code="overtaken",
        )
    before = feed_state(policy)
    policy.status, policy.valid_from = "published", valid_from
    policy.published_by, policy.published_at = caller.sub, datetime.now(UTC)
    await save(session, caller.actor, policy, before, "published")
    if valid_from == today:
        await starts.start_policies(session, caller.actor, [policy])
    return policy
