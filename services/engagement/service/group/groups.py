"""Setting up, changing and withdrawing chat groups."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import ChatGroup
from services.engagement.repository import groups as repository
from services.engagement.repository import rows
from services.engagement.schemas.fields import Withdrawal
from services.engagement.schemas.groups import GroupPatch, NewGroup
from services.engagement.service import suppliers
from services.engagement.service.event.events import refuse
from services.engagement.service.group import messages
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.sealing import Sealer
from shared.web.etags import Expected
from shared.web.resources import Resources

TOLD = ("name", "channel", "has_key", "topic", "members")
PLAIN = ("name", "topic", "members")
WITHDRAWN = "The group was withdrawn before this was said."


def feed_state(group: ChatGroup) -> dict[str, Any]:
    """A group as the feed tells it, without its robot's key."""
    return {name: getattr(group, name) for name in TOLD} | {
        "supplier_ids": [str(supplier_id) for supplier_id in group.supplier_ids],
        "withdrawn_on": group.withdrawn_on.isoformat() if group.withdrawn_on else None,
    }


async def identify_suppliers(resources: Resources, body: NewGroup | GroupPatch) -> list[UUID] | None:
    """The suppliers that a body names by id and by code, None where it says nothing about them.

    Asks the registry about unknown ones, so it must run before the request's transaction does anything.
    """
    if not body.model_fields_set & {"supplier_ids", "supplier_codes"}:
        return None
    ids, codes = body.supplier_ids or [], body.supplier_codes or []
    by_code, by_id = await suppliers.learn(resources, set(codes), set(ids))
    unknown = [
        FieldError(f"#/supplier_ids/{n}", f"no supplier has the id {supplier_id}")
        for n, supplier_id in enumerate(ids)
        if supplier_id not in by_id
    ] + [
        FieldError(f"#/supplier_codes/{n}", f"no supplier has the code {code}")
        for n, code in enumerate(codes)
        if code not in by_code
    ]
    if unknown:
        raise Invalid("There is no such supplier.", code="unknown-supplier", fields=unknown)
    return list(dict.fromkeys([*ids, *(by_code[code].id for code in codes)]))


async def create_group(
    session: AsyncSession, actor: Actor, sealer: Sealer, new: NewGroup, supplier_ids: list[UUID]
) -> ChatGroup:
    """A new group; Conflict where its name is taken, or its robot is in another group."""
    await _refuse_taken_name(session, new.name)
    key = new.robot_key
    group = ChatGroup(
        id=new_id(), version=0, channel=new.channel, sealed_key=None, sent_times=[], supplier_ids=supplier_ids,
        withdrawn_on=None, reason=None, created_by=actor.sub, **{name: getattr(new, name) for name in PLAIN},
    )  # fmt: skip
    if key is not None:
        await _set_key(session, group, sealer.seal(key))
    session.add(group)
    await _save(session, actor, group, {}, "created")
    return group


async def change_group(
    session: AsyncSession,
    actor: Actor,
    sealer: Sealer,
    group_id: UUID,
    expected: Expected,
    patch: GroupPatch,
    supplier_ids: list[UUID] | None,
) -> ChatGroup:
    """The group with the patch's fields; its version stays where nothing differs."""
    group = await _lock_live(session, group_id, expected)
    before, private = feed_state(group), {}
    if patch.name is not None and patch.name != group.name:
        await _refuse_taken_name(session, patch.name)
    for name in patch.model_fields_set & set(PLAIN):
        setattr(group, name, getattr(patch, name))
    if supplier_ids is not None:
        group.supplier_ids = supplier_ids
    key = patch.robot_key
    if key is not None:
        if group.channel != "wecom":
            refuse([("key", "is for groups at wecom: this one is only recorded")])
        if (sealed := sealer.seal(key)) != group.sealed_key:
            await _set_key(session, group, sealed)
            private = {"key": ["one", "another"]}
    if private or feed_state(group) != before:
        await _save(session, actor, group, before, "updated", private)
    return group


async def withdraw_group(
    session: AsyncSession, actor: Actor, group_id: UUID, expected: Expected, withdrawal: Withdrawal
) -> ChatGroup:
    """The group, in which nothing is posted any more; its robot's key is forgotten, what waits has failed."""
    group = await _lock_live(session, group_id, expected)
    now = datetime.now(UTC)
    on = withdrawal.withdrawn_on or rules.utc_day(now)
    refuse(rules.complaints_about_day("withdrawn_on", on, now))
    before = feed_state(group)
    group.withdrawn_on, group.reason = on, withdrawal.reason
    if group.sealed_key is not None:
        group.sealed_key = ""
    await _save(session, actor, group, before, "withdrawn", {"reason": [None, withdrawal.reason]})
    await messages.fail_all_queued(session, actor, group_id, WITHDRAWN)
    return group


async def _lock_live(session: AsyncSession, group_id: UUID, expected: Expected) -> ChatGroup:
    group = await rows.lock(session, ChatGroup, group_id, "group")
    expected.check(group.version)
    if group.withdrawn_on is not None:
        raise Conflict("The group is withdrawn.", code="group-withdrawn")
    return group


async def _refuse_taken_name(session: AsyncSession, name: str) -> None:
    if await repository.has_name(session, name):
        raise Conflict(f"There is a group with the name {name}.", code="name-taken")


async def _set_key(session: AsyncSession, group: ChatGroup, sealed: str) -> None:
    # Its limit is kept with the group: a robot known under two groups would be let speak twice as fast.
    if await repository.has_robot(session, sealed):
        raise Conflict("This robot is in another group here.", code="robot-taken")
    group.sealed_key = sealed


async def _save(
    session: AsyncSession,
    actor: Actor,
    group: ChatGroup,
    before: dict[str, Any],
    happened: str,
    private: dict[str, Any] | None = None,
) -> None:
    group.version += 1
    await session.flush()
    change = Change(f"group.{happened}", group.id, group.version, feed_state(group), before, private or {})
    await journal.record(session, actor, [change])
