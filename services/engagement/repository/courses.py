"""Courses and their completions."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Course, CourseCompletion

Completed = tuple[UUID, UUID, str, date]
"""A course, a supplier, a person of it, and the day."""


async def has_code(session: AsyncSession, code: str) -> bool:
    """Whether a course has that code."""
    return bool(await session.scalar(select(exists().where(Course.code == code))))


async def lock_named(session: AsyncSession, codes: Collection[str], links: Collection[str]) -> Sequence[Course]:
    """The courses with one of these codes or links, held until the transaction ends; always in the same order."""
    named = or_(Course.code == func.any(list(codes)), Course.links.overlap(list(links)))
    return (await session.scalars(select(Course).where(named).order_by(Course.id).with_for_update())).all()


async def has_completed(session: AsyncSession, course_id: UUID, supplier_id: UUID, on: date) -> bool:
    """Whether anybody of the supplier completed the course on that day, as far as that is not withdrawn."""
    completed = exists().where(
        CourseCompletion.course_id == course_id,
        CourseCompletion.supplier_id == supplier_id,
        CourseCompletion.on == on,
        CourseCompletion.withdrawn_on.is_(None),
    )
    return bool(await session.scalar(select(completed)))


async def find_completed(session: AsyncSession, asked: Collection[Completed]) -> set[Completed]:
    """Those of these completions that are recorded, and not withdrawn."""
    columns = (
        CourseCompletion.course_id,
        CourseCompletion.supplier_id,
        CourseCompletion.person_ref,
        CourseCompletion.on,
    )
    if not asked:
        return set()
    named = (tuple_(*columns).in_(list(asked)), CourseCompletion.withdrawn_on.is_(None))
    rows = await session.execute(select(*columns).where(*named))
    return {(row.course_id, row.supplier_id, row.person_ref, row.on) for row in rows}
