"""`/v1/groups`, and what is posted to them."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import ChatGroup, GroupMessage
from services.engagement.repository import groups as repository
from services.engagement.repository import rows
from services.engagement.schemas.fields import Withdrawal
from services.engagement.schemas.groups import (
    Channel,
    GroupPatch,
    GroupView,
    MessageView,
    NewGroup,
    NewMessage,
    Status,
)
from services.engagement.service.group import groups, messages
from shared.sealing import sealer_of
from shared.web.caller import Opened
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/groups", "groups")


async def new_members(body: NewGroup, resources: Opened, _caller: Writer) -> list[UUID]:
    """The suppliers of a new group, found before the transaction begins."""
    return await groups.identify_suppliers(resources, body) or []


async def changed_members(body: GroupPatch, resources: Opened, _caller: Writer) -> list[UUID] | None:
    """The suppliers that a change names, found before the transaction begins."""
    return await groups.identify_suppliers(resources, body)


@router.post("", status_code=201)
async def create_group(
    body: NewGroup,
    supplier_ids: Annotated[list[UUID], Depends(new_members)],
    resources: Opened,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> GroupView:
    """Set up a group: one whose WeCom robot posts, or one that is only recorded. A robot is in one group."""
    group = await groups.create_group(session, caller.actor, sealer_of(resources), body, supplier_ids)
    set_etag(response, group.version)
    response.headers["Location"] = f"/v1/groups/{group.id}"
    return GroupView.model_validate(group)


@router.get("")
async def list_groups(
    session: Reading,
    caller: Reader,
    pages: Pages,
    name: Annotated[str | None, Query(description="Exactly this name")] = None,
    channel: Annotated[Channel | None, Query()] = None,
    supplier_id: Annotated[UUID | None, Query(description="With people of this supplier")] = None,
    withdrawn: Annotated[bool | None, Query(description="Only withdrawn ones, or only others")] = None,
) -> Page[GroupView]:
    """List groups in the order in which they were set up."""
    caller.refuse_bound("group")
    query = repository.groups_matching(name=name, channel=channel, supplier_id=supplier_id, withdrawn=withdrawn)
    found, following = await pages.read(session, query, ChatGroup.id)
    return Page(items=[GroupView.model_validate(row.ChatGroup) for row in found], next_cursor=following)


@router.get("/{group_id}")
async def get_group(group_id: UUID, session: Reading, caller: Reader, response: Response) -> GroupView:
    """Read one group."""
    caller.refuse_bound("group")
    group = await rows.get(session, ChatGroup, group_id, "group")
    set_etag(response, group.version)
    return GroupView.model_validate(group)


@router.patch("/{group_id}")
async def change_group(
    group_id: UUID,
    body: GroupPatch,
    supplier_ids: Annotated[list[UUID] | None, Depends(changed_members)],
    expected: IfMatch,
    resources: Opened,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> GroupView:
    """Change the fields that the body names; a new webhook_url or key takes the place of the old."""
    sealer = sealer_of(resources)
    group = await groups.change_group(session, caller.actor, sealer, group_id, expected, body, supplier_ids)
    set_etag(response, group.version)
    return GroupView.model_validate(group)


@router.post("/{group_id}/withdraw")
async def withdraw_group(
    group_id: UUID, body: Withdrawal, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> GroupView:
    """Withdraw a group: its robot's key is forgotten, and what waits to be posted has failed."""
    group = await groups.withdraw_group(session, caller.actor, group_id, expected, body)
    set_etag(response, group.version)
    return GroupView.model_validate(group)


@router.post(
    "/{group_id}/messages",
    status_code=201,
    responses={202: {"model": MessageView, "description": "Queued: the group's robot posts it as soon as it may"}},
)
async def post_message(
    group_id: UUID, body: NewMessage, session: Transaction, caller: Writer, response: Response
) -> MessageView:
    """Post to a group by its robot, after all that waits there already; or record what people posted themselves.

    A robot takes 2,048 bytes of text or 4,096 of markdown at once and 20 messages a minute: longer content is cut at
    the ends of lines and sentences, into at most 20.
    """
    message = await messages.post_message(session, caller.actor, group_id, body)
    response.status_code = 202 if message.status == "queued" else 201
    set_etag(response, message.version)
    response.headers["Location"] = f"/v1/groups/{group_id}/messages/{message.id}"
    return MessageView.model_validate(message)


@router.get("/{group_id}/messages")
async def list_messages(
    group_id: UUID,
    session: Reading,
    caller: Reader,
    pages: Pages,
    status: Annotated[Status | None, Query(description="Only messages in this state")] = None,
) -> Page[MessageView]:
    """Read a group's log, oldest first."""
    caller.refuse_bound("group")
    await rows.get(session, ChatGroup, group_id, "group")
    found, following = await pages.read(session, repository.messages_of(group_id, status), GroupMessage.id)
    return Page(items=[MessageView.model_validate(row.GroupMessage) for row in found], next_cursor=following)


@router.get("/{group_id}/messages/{message_id}")
async def get_message(
    group_id: UUID, message_id: UUID, session: Reading, caller: Reader, response: Response
) -> MessageView:
    """Read one message, and how far it has got."""
    caller.refuse_bound("message")
    message = await repository.get_message(session, group_id, message_id)
    set_etag(response, message.version)
    return MessageView.model_validate(message)
