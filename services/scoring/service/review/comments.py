"""What people say of reviews: commenting, and taking a comment back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.reviews import QbrComment, Scorecard
from services.scoring.repository import review_comments as repository
from services.scoring.repository import reviews
from services.scoring.schemas.review_comments import NewComment
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Forbidden, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected


async def add_comment(session: AsyncSession, actor: Actor, quarter: str, new: NewComment) -> QbrComment:
    """A comment on a revision, or on a supplier that is in it; NotFound where there is no such review."""
    qbr = await reviews.get_revision(session, quarter, new.revision)
    if new.supplier_id is not None and await session.get(Scorecard, (qbr.id, new.supplier_id)) is None:
        detail = f"has no scorecard in revision {qbr.revision} of {quarter}"
        raise Invalid(f"The supplier {detail}.", fields=[FieldError("#/supplier_id", detail)])
    comment = QbrComment(
        id=new_id(),
        version=0,
        quarter=quarter,
        revision=qbr.revision,
        supplier_id=new.supplier_id,
        comment=new.comment,
        created_by=actor.sub,
        withdrawn_at=None,
    )
    session.add(comment)
    await _save(session, actor, comment, "added", {}, {"comment": [None, new.comment]})
    return comment


async def withdraw_comment(
    session: AsyncSession, actor: Actor, quarter: str, comment_id: UUID, expected: Expected, reason: str
) -> QbrComment:
    """The comment, whose words nobody is shown any more; Forbidden for all but its author."""
    comment = await repository.get_comment(session, quarter, comment_id, lock=True)
    if comment.created_by != actor.sub:
        raise Forbidden("Only its author may withdraw a comment.", code="not-the-author")
    expected.check(comment.version)
    if comment.withdrawn_at is not None:
        raise Conflict("The comment is already withdrawn.", code="comment-withdrawn")
    before = _state(comment)
    comment.withdrawn_at = datetime.now(UTC)
    await _save(session, actor, comment, "withdrawn", before, {"reason": [None, reason]})
    return comment


def _state(comment: QbrComment) -> dict[str, Any]:
    """A comment as the feed tells it: what it is about, never what it says nor who said it."""
    return {
        "quarter": comment.quarter,
        "revision": comment.revision,
        "supplier_id": None if comment.supplier_id is None else str(comment.supplier_id),
        "withdrawn": comment.withdrawn_at is not None,
    }


async def _save(
    session: AsyncSession,
    actor: Actor,
    comment: QbrComment,
    happened: str,
    before: Mapping[str, Any],
    private: Mapping[str, Any],
) -> None:
    comment.version += 1
    await session.flush()
    change = Change(f"qbr_comment.{happened}", comment.id, comment.version, _state(comment), before, private)
    await journal.record(session, actor, [change])
