"""The row by which all workers together keep to the pace of mails."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import MailPace
from shared.db import table_of

pace = table_of(MailPace)


async def reserve(session: AsyncSession, mails: int, seconds_between: float, patience: float) -> tuple[bool, float]:
    """Take the time for so many mails; returns whether it was taken, and how many seconds there are until it begins.

    Nothing is taken where one would have to wait for longer than `patience` seconds. The clock is the database's.
    """
    clock, taken = func.clock_timestamp(), timedelta(seconds=mails * seconds_between)
    begin = func.greatest(pace.c.free_at, clock)
    reserved = (
        insert(pace)
        .values(id=True, free_at=clock + taken)
        .on_conflict_do_update(
            index_elements=[pace.c.id],
            set_={"free_at": begin + taken},
            where=pace.c.free_at <= clock + timedelta(seconds=patience),
        )
        .returning(func.extract("epoch", pace.c.free_at - clock) - taken.total_seconds())
    )
    wait = await session.scalar(reserved)
    if wait is not None:
        return True, max(float(wait), 0.0)
    wait = await session.scalar(select(func.extract("epoch", pace.c.free_at - clock)))
    return False, max(float(wait or 0), 0.0)
