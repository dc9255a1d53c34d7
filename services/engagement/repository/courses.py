"""Courses and their completions."""

from datetime import date
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Course, CourseCompletion


async def has_code(session: AsyncSession, code: str) -> bool:
    """Whether a course has that code."""
    return bool(await session.scalar(select(exists().where(Course.code == code))))


async def has_completion(session: AsyncSession, course_id: UUID, supplier_id: UUID, person_ref: str, on: date) -> bool:
    """Whether that person's completion on that day is recorded."""
    same = exists().where(
        CourseCompletion.course_id == course_id,
        CourseCompletion.supplier_id == supplier_id,
        CourseCompletion.person_ref == person_ref,
        CourseCompletion.on == on,
    )
    return bool(await session.scalar(select(same)))
