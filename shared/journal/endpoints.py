"""`GET /v1/audit-log`: who changed what, and when; append-only."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from shared.auth.principal import Principal
from shared.days import IsoMoment
from shared.journal.writing import audit_log
from shared.web.caller import scoped
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/audit-log", "audit log")


class Entry(BaseModel):
    """One change."""

    id: UUID
    at: datetime
    sub: str = Field(description="Who: the opaque id of a person or machine")
    client_id: str | None
    request_id: str | None
    action: str = Field(examples=["supplier.updated"])
    resource_id: UUID
    version: int
    changes: dict[str, Any] = Field(description="field -> [before, after]")


@router.get("")
async def list_changes(
    session: Reading,
    caller: Annotated[Principal, scoped("admin")],
    pages: Pages,
    resource_id: Annotated[UUID | None, Query(description="Only changes of this resource")] = None,
    sub: Annotated[str | None, Query(description="Only changes by this person or machine")] = None,
    since: Annotated[IsoMoment | None, Query(description="Only changes from then on")] = None,
) -> Page[Entry]:
    """Read the audit log, oldest first; page through it to export it."""
    caller.refuse_bound("audit log")
    query = select(audit_log)
    if resource_id is not None:
        query = query.where(audit_log.c.resource_id == resource_id)
    if sub is not None:
        query = query.where(audit_log.c.sub == sub)
    if since is not None:
        query = query.where(audit_log.c.at >= since)
    rows, following = await pages.read(session, query, audit_log.c.id)
    return Page(items=[Entry.model_validate(row, from_attributes=True) for row in rows], next_cursor=following)
