"""Links by which suppliers answer without an account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import StoredFile, SupplierCopy, Survey, SurveyLink, SurveyResponse, SurveySubmission
from shared.errors import NotFound


async def find_link(session: AsyncSession, link_id: UUID) -> SurveyLink | None:
    """The link with that id, or None."""
    found: SurveyLink | None = await session.get(SurveyLink, link_id)
    return found


async def find_live_link(session: AsyncSession, response_id: UUID, until: datetime) -> SurveyLink | None:
    """The link by which the response can be answered at least `until`, or None."""
    query = (
        select(SurveyLink)
        .where(SurveyLink.response_id == response_id, SurveyLink.ended_at.is_(None), SurveyLink.expires_at >= until)
        .where(~_answered_since())
        .order_by(SurveyLink.id.desc())
        .limit(1)
    )
    return cast("SurveyLink | None", await session.scalar(query))


async def find_response_id(session: AsyncSession, link_id: UUID) -> UUID | None:
    """Which response the link is for, or None where there is no such link."""
    found: UUID | None = await session.scalar(select(SurveyLink.response_id).where(SurveyLink.id == link_id))
    return found


async def is_used_up(session: AsyncSession, link_id: UUID) -> bool:
    """Whether the response was submitted, in whatever way, since the link was made."""
    return bool(await session.scalar(select(_answered_since()).where(SurveyLink.id == link_id)))


async def end_links(session: AsyncSession, response_id: UUID, now: datetime) -> Sequence[Row[UUID, datetime]]:
    """End all links of a response; returns id and end of those that had not ended."""
    ended = (
        update(SurveyLink)
        .where(SurveyLink.response_id == response_id, SurveyLink.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SurveyLink.id, SurveyLink.expires_at)
    )
    return (await session.execute(ended, execution_options={"synchronize_session": False})).all()


async def lock_asked_response(session: AsyncSession, survey_id: UUID, supplier_id: UUID) -> SurveyResponse:
    """What a campaign waits for from a supplier, held until the transaction ends, or NotFound."""
    query = (
        select(SurveyResponse)
        .where(SurveyResponse.survey_id == survey_id, SurveyResponse.supplier_id == supplier_id)
        .with_for_update()
    )
    found: SurveyResponse | None = await session.scalar(query)
    if found is None:
        raise NotFound("No such response.")
    return found


async def get_supplier_name(session: AsyncSession, supplier_id: UUID) -> str:
    """What the supplier is called."""
    return (await session.execute(select(SupplierCopy.name).where(SupplierCopy.id == supplier_id))).scalar_one()


async def list_live_files(session: AsyncSession, response_id: UUID) -> Sequence[StoredFile]:
    """The response's files that are not withdrawn."""
    query = select(StoredFile).where(StoredFile.response_id == response_id, StoredFile.withdrawn_at.is_(None))
    return (await session.scalars(query)).all()


async def get_survey_of(session: AsyncSession, response: SurveyResponse) -> Survey:
    """The campaign that asks for the response, or NotFound."""
    found = None if response.survey_id is None else await session.get(Survey, response.survey_id)
    if found is None:
        raise NotFound("No such response.")
    return found


def _answered_since() -> Any:
    # Read off the submissions, so that a link ends whoever submitted, and stays so when the response is reopened.
    return exists().where(
        SurveySubmission.response_id == SurveyLink.response_id,
        SurveySubmission.submitted_at >= SurveyLink.created_at,
    )
