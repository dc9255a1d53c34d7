"""Attendance reports and the people in them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import AttendanceReport, ReportedPerson
from shared.errors import NotFound

FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people a report has in each state."""

    mapped: int = 0
    undecided: int = 0
    ignored: int = 0


def reports_of(event_id: UUID) -> Select[*tuple[Any, ...]]:
    """The query for an event's reports."""
    query: Select[*tuple[Any, ...]] = select(AttendanceReport, AttendanceReport.id)
    return query.where(AttendanceReport.event_id == event_id)


def people_of(report_id: UUID, state: str | None) -> Select[*tuple[Any, ...]]:
    """The query for a report's people, of one state where it is named."""
    query: Select[*tuple[Any, ...]] = select(ReportedPerson, ReportedPerson.id).where(
        ReportedPerson.report_id == report_id
    )
    return query if state is None else query.where(ReportedPerson.state == state)


async def find_same_report(session: AsyncSession, event_id: UUID, sha256: str) -> AttendanceReport | None:
    """The report of this event with that digest."""
    query = select(AttendanceReport).where(AttendanceReport.event_id == event_id, AttendanceReport.sha256 == sha256)
    return (await session.scalars(query)).one_or_none()


async def get_report(session: AsyncSession, event_id: UUID, report_id: UUID, *, lock: bool = False) -> AttendanceReport:
    """A report of that event, or NotFound; with `lock` held until the transaction ends."""
    found = await session.get(AttendanceReport, report_id, with_for_update=lock or None)
    if found is None or found.event_id != event_id:
        raise NotFound("No such attendance report.")
    return found


async def get_person(session: AsyncSession, report_id: UUID, person_id: UUID) -> ReportedPerson:
    """A person in that report, or NotFound; whoever holds the report holds its people."""
    found = await session.get(ReportedPerson, person_id)
    if found is None or found.report_id != report_id:
        raise NotFound("No such person.")
    return found


async def count_people(session: AsyncSession, report_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """How many people each of these reports has in each state."""
    query = (
        select(ReportedPerson.report_id, ReportedPerson.state, func.count())
        .where(ReportedPerson.report_id == func.any(list(report_ids)))
        .group_by(ReportedPerson.report_id, ReportedPerson.state)
    )
    counted: dict[UUID, dict[str, int]] = {report_id: {} for report_id in report_ids}
    for report_id, state, n in await session.execute(query):
        counted[report_id][state] = n
    return {report_id: Counts(**states) for report_id, states in counted.items()}


async def lock_undecided(session: AsyncSession, before: datetime) -> list[AttendanceReport]:
    """Reports taken in before then of which somebody is still undecided, some at a time, held till the end."""
    undecided = exists().where(ReportedPerson.report_id == AttendanceReport.id, ReportedPerson.state == "undecided")
    query = (
        select(AttendanceReport)
        .where(AttendanceReport.uploaded_at < before, undecided)
        .order_by(AttendanceReport.id)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(query)).all())


async def lock_reports(session: AsyncSession, report_ids: Collection[UUID]) -> list[AttendanceReport]:
    """These reports, held until the transaction ends; in one order, against deadlocks."""
    query = select(AttendanceReport).where(AttendanceReport.id == func.any(list(report_ids)))
    return list((await session.scalars(query.order_by(AttendanceReport.id).with_for_update())).all())


async def ignore_people(session: AsyncSession, person_ids: Collection[UUID]) -> None:
    """Empty the names of those of these people who are undecided, who count as ignored from now on."""
    await _ignore(session, ReportedPerson.id == func.any(list(person_ids)))


async def ignore_undecided(session: AsyncSession, report_ids: Collection[UUID]) -> None:
    """Empty the names of these reports' undecided people, who count as ignored from now on."""
    await _ignore(session, ReportedPerson.report_id == func.any(list(report_ids)))


async def _ignore(session: AsyncSession, who: ColumnElement[bool]) -> None:
    await session.execute(
        update(ReportedPerson)
        .where(who, ReportedPerson.state == "undecided")
        .values(state="ignored", name=None, email=None, version=ReportedPerson.version + 1)
        .execution_options(synchronize_session=False)
    )
