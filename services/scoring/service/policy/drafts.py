"""Drafting policies, changing drafts, bringing an earlier version back as a draft, and withdrawing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.policy import Policy as Rules
from services.scoring.domain.policy.document import from_dict, to_dict
from services.scoring.models.scores import Policy
from services.scoring.repository import policies as repository
from shared import journal
from shared.auth.principal import Actor, Principal
from shared.errors import Conflict
from shared.journal import Change
from shared.web.etags import Expected

LAST_VERSION = 2**15 - 1
"""Each score says in a small integer by which version it was computed."""


async def draft_policy(
    session: AsyncSession, actor: Actor, rules: Rules, note: str | None, *, restores: int | None = None
) -> Policy:
    """A draft under the next version."""
    await repository.hold_policies(session)
    version = await repository.latest_version(session) + 1
    if version > LAST_VERSION:
        raise Conflict(f"There can be no more than {LAST_VERSION} versions.", code="no-version-left")
    policy = Policy(
        version=version, name=rules.name, status="draft", valid_from=None, created_by=actor.sub, edition=0, note=note,
        document=to_dict(replace(rules, version=version)), restores=restores,
    )  # fmt: skip
    session.add(policy)
    await save(session, actor, policy, {}, "drafted", note=note)
    await session.refresh(policy)
    return policy


async def change_draft(
    session: AsyncSession, actor: Actor, version: int, expected: Expected, rules: Rules, note: str | None
) -> Policy:
    """The draft with another document; Conflict where it is a draft no longer. An equal one changes nothing."""
    await repository.hold_policies(session)
    policy = await repository.lock_policy(session, version)
    check_draft(policy)
    expected.check(policy.edition)
    before, note_before = feed_state(policy), policy.note
    policy.name, policy.note = rules.name, note
    policy.document = to_dict(replace(rules, version=version))
    if feed_state(policy) != before or note != note_before:
        await save(session, actor, policy, before, "changed", note=note)
    return policy


async def restore_policy(session: AsyncSession, actor: Actor, version: int, note: str | None) -> Policy:
    """A draft with the document of a version that was published: the first step of a roll-back."""
    earlier = await repository.get_policy(session, version)
    if earlier.status != "published":
        raise Conflict(
            f"Policy {version} was never in force; draft a policy based on it instead.", code="not-published"
        )
    return await draft_policy(session, actor, from_dict(earlier.document), note, restores=version)


async def withdraw_policy(
    session: AsyncSession, caller: Principal, version: int, expected: Expected, reason: str, today: date
) -> Policy:
    """A draft, or a published policy before its day comes, that will never be in force.

    A published one is withdrawn by a person: two people have decided on it.
    """
    await repository.hold_policies(session)
    policy = await repository.lock_policy(session, version)
    if policy.status == "withdrawn":
        raise Conflict("This policy is withdrawn already.", code="withdrawn")
    if policy.status == "published":
        caller.second_person(None, "Withdrawing a published policy")
        if policy.valid_from is None or policy.valid_from <= today:
            raise Conflict(
                f"Policy {version} has been in force since {policy.valid_from}; restore an earlier one instead.",
                code="in-force",
            )
    expected.check(policy.edition)
    before = feed_state(policy)
    policy.status, policy.withdrawn_by, policy.withdrawn_at = "withdrawn", caller.sub, datetime.now(UTC)
    policy.withdrawn_reason = reason
    await save(session, caller.actor, policy, before, "withdrawn", reason=reason)
    return policy


def check_draft(policy: Policy) -> None:
    """Raise Conflict unless the policy is a draft."""
    if policy.status != "draft":
        raise Conflict(
            f"Policy {policy.version} is {policy.status} and never changes; draft one based on it.", code="not-a-draft"
        )


def feed_state(policy: Policy) -> dict[str, Any]:
    """A policy as the feed tells it."""
    state = {name: getattr(policy, name) for name in ("name", "status", "restores", "document")}
    valid_from = None if policy.valid_from is None else policy.valid_from.isoformat()
    return {"policy_version": policy.version, **state, "valid_from": valid_from}


async def save(
    session: AsyncSession, actor: Actor, policy: Policy, before: Mapping[str, Any], happened: str, **said: str | None
) -> None:
    """Write a changed policy; what somebody `said` goes to the audit log alone."""
    policy.edition += 1
    await session.flush()
    private = {name: [None, words] for name, words in said.items() if words is not None}
    state = feed_state(policy)
    change = Change(f"policy.{happened}", repository.id_of(policy.version), policy.edition, state, before, private)
    await journal.record(session, actor, [change])
