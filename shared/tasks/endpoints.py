"""`/v1/tasks`: the worker's tasks for those who operate it; dead letters can be replayed."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import func, select, update

from shared import journal
from shared.auth.principal import Principal
from shared.errors import Conflict, NotFound
from shared.journal import Change
from shared.tasks.tables import task
from shared.web.caller import scoped
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/tasks", "tasks")

Status = Literal["queued", "running", "succeeded", "dead"]


class TaskView(BaseModel):
    """One piece of slow or outgoing work."""

    id: UUID
    kind: str = Field(examples=["import"])
    payload: dict[str, Any]
    status: Status = Field(description="`dead` after too many failed attempts: replay it when the cause is mended")
    attempts: int
    next_attempt_at: datetime
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


@router.get("")
async def list_tasks(
    session: Reading,
    caller: Annotated[Principal, scoped("admin")],
    pages: Pages,
    status: Annotated[Status | None, Query(description="Only tasks in this state")] = None,
) -> Page[TaskView]:
    """List tasks, oldest first; `status=dead` gives the dead letters."""
    caller.refuse_bound("task")
    query = select(task) if status is None else select(task).where(task.c.status == status)
    rows, following = await pages.read(session, query, task.c.id)
    return Page(items=[TaskView.model_validate(row, from_attributes=True) for row in rows], next_cursor=following)


@router.post("/{task_id}/replay")
async def replay_task(session: Transaction, caller: Annotated[Principal, scoped("admin")], task_id: UUID) -> TaskView:
    """Have a dead letter tried again from its first attempt."""
    caller.refuse_bound("task")
    row = (await session.execute(select(task).where(task.c.id == task_id).with_for_update())).one_or_none()
    if row is None:
        raise NotFound("No such task.")
    if row.status != "dead":
        raise Conflict(f"Only a dead task can be replayed; this one is {row.status}.")
    revived = (
        update(task)
        .where(task.c.id == task_id)
        .values(status="queued", attempts=0, next_attempt_at=func.now(), finished_at=None)
    )
    session.info["work"] = True
    row = (await session.execute(revived.returning(task))).one()
    await journal.record(session, caller.actor, [Change("task.replayed", task_id, row.lease, {"kind": row.kind})])
    return TaskView.model_validate(row, from_attributes=True)
