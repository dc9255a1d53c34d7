"""Reading and locking policies."""

from collections.abc import Sequence
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.scores import Policy
from shared import holding
from shared.errors import NotFound
from shared.journal.writing import audit_log


def id_of(version: int) -> UUID:
    """The id under which the feed and the audit log know a version."""
    return uuid5(NAMESPACE_URL, f"urn:bellwether:policy:{version}")


async def hold_policies(session: AsyncSession) -> None:
    """Be the only one who drafts or decides on policies, until the transaction ends; its first lock."""
    await holding.hold(session, "policy")


async def get_policy(session: AsyncSession, version: int) -> Policy:
    """That version, or NotFound."""
    found = await session.get(Policy, version)
    if found is None:
        raise NotFound("No such policy.")
    return found


async def lock_policy(session: AsyncSession, version: int) -> Policy:
    """That version, held until the transaction ends, or NotFound."""
    found = await session.get(Policy, version, with_for_update=True)
    if found is None:
        raise NotFound("No such policy.")
    return found


async def list_policies(session: AsyncSession, versions: Sequence[int]) -> dict[int, Policy]:
    """Those of these versions that there are."""
    rows = await session.scalars(select(Policy).where(Policy.version.in_(versions)))
    return {policy.version: policy for policy in rows}


async def latest_version(session: AsyncSession) -> int:
    """The highest version there is."""
    return int((await session.execute(select(func.max(Policy.version)))).scalar_one())


async def find_overtaking(session: AsyncSession, version: int, valid_from: date) -> int | None:
    """The published version that would go before this one from the same day on, or None."""
    query = select(func.max(Policy.version)).where(
        Policy.status == "published", Policy.valid_from == valid_from, Policy.version > version
    )
    found: int | None = (await session.execute(query)).scalar_one()
    return found


async def has_written(session: AsyncSession, version: int, sub: str) -> bool:
    """Whether that person or machine drafted or changed the policy."""
    query = select(exists().where(audit_log.c.resource_id == id_of(version), audit_log.c.sub == sub))
    return (await session.execute(query)).scalar_one()


async def lock_starting(session: AsyncSession, today: date) -> Sequence[Policy]:
    """Published policies whose day has come and by which nobody has been scored anew; held until the end.

    Those that another worker holds are left to it.
    """
    query = (
        select(Policy)
        .where(Policy.status == "published", Policy.valid_from <= today, Policy.rescored_at.is_(None))
        .order_by(Policy.version)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()
