"""Who has not answered, and which reminders were sent."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import SupplierCopy, Survey, SurveyReminder, SurveyResponse
from shared.db import table_of
from shared.tasks.tables import task

UNTRIED = ("no_contact", "not_configured")
"""What came of a reminder for which there was nobody to write to, or nothing to write with: it can still be sent."""


def is_waited_for() -> ColumnElement[bool]:
    """Holds for a response that is still to come, or to come again."""
    return or_(
        SurveyResponse.status == "reopened",
        and_(SurveyResponse.status != "submitted", SurveyResponse.submitted_on.is_(None)),
    )


async def list_open_surveys(session: AsyncSession, today: date) -> Sequence[Survey]:
    """The campaigns that have opened and remind."""
    query = select(Survey).where(Survey.opened_on <= today, func.cardinality(Survey.reminder_days) > 0)
    return (await session.scalars(query.order_by(Survey.id))).all()


async def list_to_remind(
    session: AsyncSession, survey_id: UUID, due_on: date, after: UUID | None, limit: int
) -> Sequence[SurveyResponse]:
    """The next responses, by id, whose suppliers are active and got no reminder of that day or a later one."""
    query = (
        select(SurveyResponse)
        .join(SupplierCopy, SupplierCopy.id == SurveyResponse.supplier_id)
        .where(
            SurveyResponse.survey_id == survey_id,
            is_waited_for(),
            SupplierCopy.status != "inactive",
            ~_reminded(due_on),
        )
        .order_by(SurveyResponse.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(SurveyResponse.id > after)
    return (await session.scalars(query)).all()


async def lock_waited_for(
    session: AsyncSession, response_id: UUID, not_reminded_since: date | None = None
) -> SurveyResponse | None:
    """The response, held until the transaction ends, or None where it was answered, or reminded of, by now."""
    query = select(SurveyResponse).where(SurveyResponse.id == response_id, is_waited_for())
    if not_reminded_since is not None:
        query = query.where(~_reminded(not_reminded_since))
    found: SurveyResponse | None = await session.scalar(query.with_for_update())
    return found


async def is_planned(session: AsyncSession, task_id: UUID) -> bool:
    """Whether there is a task with that id; tasks stay for longer than a round is caught up."""
    return bool(await session.scalar(select(exists().where(task.c.id == task_id))))


async def note(session: AsyncSession, reminders: Sequence[Mapping[str, Any]]) -> None:
    """Remember reminders; one of the same day stays as it is, unless nobody could be written to then."""
    added = upsert(table_of(SurveyReminder)).values(list(reminders))
    told = {name: added.excluded[name] for name in ("outcome", "recipients", "detail", "sent_at")}
    key = [SurveyReminder.response_id, SurveyReminder.due_on]
    await session.execute(
        added.on_conflict_do_update(index_elements=key, set_=told, where=SurveyReminder.outcome.in_(UNTRIED))
    )


async def note_late(session: AsyncSession, response_id: UUID, due_on: date, taken: int, detail: str | None) -> None:
    """Add to a reminder what became of a mail that had been put off."""
    recipients = SurveyReminder.recipients + taken
    await session.execute(
        update(SurveyReminder)
        .where(SurveyReminder.response_id == response_id, SurveyReminder.due_on == due_on)
        .values(recipients=recipients, outcome=case((recipients > 0, "sent"), else_="refused"), detail=detail)
    )


def reminders_of_survey(survey_id: UUID) -> Select[*tuple[Any, ...]]:
    """The query for a campaign's reminders, each with its supplier."""
    query: Select[*tuple[Any, ...]] = (
        select(
            SurveyReminder,
            SurveyReminder.due_on,
            SurveyReminder.response_id,
            SurveyResponse.supplier_id,
            SupplierCopy.code.label("supplier_code"),
        )
        .join(SurveyResponse, SurveyResponse.id == SurveyReminder.response_id)
        .join(SupplierCopy, SupplierCopy.id == SurveyResponse.supplier_id)
        .where(SurveyResponse.survey_id == survey_id)
    )
    return query


def _reminded(due_on: date) -> ColumnElement[bool]:
    return exists().where(
        SurveyReminder.response_id == SurveyResponse.id,
        SurveyReminder.due_on >= due_on,
        SurveyReminder.outcome.not_in(UNTRIED),
    )
